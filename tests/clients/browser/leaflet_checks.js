// Checks of esri-leaflet-gp (+ esri-leaflet, leaflet) in Chromium
import * as L from 'leaflet';
import * as esri from 'esri-leaflet';
import * as gp from 'esri-leaflet-gp';
import { echoes } from './echoes.js';
import { scattered } from './scattered.js';
window.L = window.L || Object.assign({}, L); // esri-leaflet-gp 3.0.0 uses the global L for LatLngBounds
window.L.esri = Object.assign({}, esri, { GP: gp });
const must = (c, m) => {
  if (!c) throw new Error(m);
};
class Skip extends Error {
  constructor(m) {
    super(m);
    this.skip = true;
  }
}
const url = (b, s, t) => `${b}/${s}/GPServer` + (t ? `/${t}` : '');
const geojson = sc => ({
  type: 'FeatureCollection',
  features: sc.points.features.map(f => ({
    type: 'Feature',
    geometry: { type: 'Point', coordinates: [f.geometry.x, f.geometry.y] },
    properties: f.attributes,
  })),
});
const run = (task, ms = 20000) =>
  new Promise((ok, no) => {
    const t = setTimeout(() => no(new Error('callback never called')), ms);
    task.run((error, result, raw) => {
      clearTimeout(t);
      error ? no(error) : ok({ result, raw });
    });
  });
const meta = task =>
  new Promise((ok, no) => {
    task.on('initialized', () => ok(task));
    setTimeout(() => no(new Error('never initialized')), 8000);
  });
const fill = (task, sc, over = {}) => {
  const b = sc.buffer;
  task.setParam(b.in, geojson(sc));
  task.setParam(b.distance, { distance: 1, units: 'esriKilometers' });
  task.setParam(b.dissolve, b.dissolve_values[0]);
  for (const k in over) task.params[k] = over[k];
  return task;
};
const polys = (fc, n) => {
  must(fc?.type === 'FeatureCollection', 'not a FeatureCollection ' + JSON.stringify(fc)?.slice(0, 100));
  must(fc.features.length === n, fc.features.length + ' features');
  for (const f of fc.features) {
    must(
      f.geometry.type === 'Polygon' && f.geometry.coordinates[0].length > 3,
      'geometry ' + f.geometry?.type,
    );
    must(f.properties, 'properties');
    must(f.id !== undefined, 'feature id (objectIdField)');
  }
};
const etext = e =>
  typeof e === 'string' ? e : [e?.message, e?.code, JSON.stringify(e?.details ?? e?.error ?? '')].join(' ');
const fails = async (f, ...n) => {
  let r;
  try {
    r = await f();
  } catch (e) {
    const t = etext(e).toLowerCase();
    must(!n.length || n.some(x => t.includes(String(x).toLowerCase())), `error lacks ${n}: ${t}`);
    return e;
  }
  throw new Error('no error: ' + JSON.stringify(r)?.slice(0, 200));
};
const get = (u, p = {}) => new Promise((ok, no) => esri.request(u, p, (e, r) => (e ? no(e) : ok(r))));
const token = async (b, sc) =>
  (
    await (
      await fetch(b.split('/rest/services')[0] + sc.secured.token_path, {
        method: 'POST',
        body: new URLSearchParams({
          f: 'json',
          username: sc.secured.username,
          password: sc.secured.password,
          client: 'requestip',
          expiration: 60,
        }),
      })
    ).json()
  ).token;

export const checks = {
  list_services: [
    'buffer',
    async (b, sc) => {
      const r = await get(b);
      must(
        r.services.some(s => s.name === sc.buffer.sync_service),
        JSON.stringify(r),
      );
    },
  ],
  describe_task: [
    'buffer',
    async (b, sc) => {
      const s = gp.service({ url: url(b, sc.buffer.sync_service, sc.buffer.task) });
      const r = await new Promise((ok, no) => s.metadata((e, m) => (e ? no(e) : ok(m))));
      must(
        r.parameters.some(p => p.name === sc.buffer.in),
        'parameters',
      );
    },
  ],
  autodetect_sync_async: [
    'buffer',
    async (b, sc) => {
      // the task's own JSON must carry executionType
      const t = await meta(gp.service({ url: url(b, sc.buffer.sync_service, sc.buffer.task) }).createTask());
      must(t.options.path === 'execute' && t.options.async === false, t.options.path);
      const u = await meta(gp.service({ url: url(b, sc.buffer.async_service, sc.buffer.task) }).createTask());
      must(u.options.path === 'submitJob' && u.options.async === true, u.options.path);
    },
  ],
  sync_features: [
    'buffer',
    async (b, sc) => {
      const t = await meta(gp.service({ url: url(b, sc.buffer.sync_service, sc.buffer.task) }).createTask());
      polys((await run(fill(t, sc))).result[sc.buffer.out], sc.points.features.length);
    },
  ],
  sync_latlng: [
    'buffer',
    async (b, sc) => {
      const t = gp
        .service({ url: url(b, sc.buffer.sync_service, sc.buffer.task), async: false })
        .createTask();
      fill(t, sc);
      t.setParam(sc.buffer.in, L.latLng(40, -100));
      polys((await run(t)).result[sc.buffer.out], 1);
    },
  ],
  sync_large_post: [
    'buffer',
    async (b, sc) => {
      const many = JSON.parse(JSON.stringify(sc));
      many.points.features = Array.from({ length: 200 }, (_, i) => ({
        geometry: { x: -100 + i / 1000, y: 40 },
        attributes: { OBJECTID: i + 1 },
      }));
      const t = gp
        .service({ url: url(b, sc.buffer.sync_service, sc.buffer.task), async: false })
        .createTask();
      polys((await run(fill(t, many))).result[sc.buffer.out], 200);
    },
  ],
  sync_jsonp: [
    'buffer',
    async (b, sc) => {
      const t = gp
        .service({
          url: url(b, sc.buffer.sync_service, sc.buffer.task),
          async: false,
          path: 'execute',
          useCors: false,
        })
        .createTask();
      fill(t, sc);
      t.setParam(sc.buffer.in, L.latLng(40, -100));
      t._service.options.useCors = false;
      const r = await new Promise((ok, no) => {
        esri.get.JSONP(
          url(b, sc.buffer.sync_service, sc.buffer.task) + '/execute',
          { ...t.params },
          (e, r) => (e ? no(e) : ok(r)),
        );
        setTimeout(() => no(new Error('jsonp: no callback')), 8000);
      });
      must(r.results[0].paramName === sc.buffer.out, JSON.stringify(r).slice(0, 200));
    },
  ],
  sync_scalars: [
    'scalars',
    async (b, sc) => {
      const s = sc.scalars;
      const t = gp.service({ url: url(b, s.service, s.task), async: false }).createTask();
      const only = {};
      for (const [k, d] of Object.entries(s.values))
        if (
          /GPString$|GPLong|GPDouble|GPBoolean|GPLinearUnit/.test(d.type) &&
          !d.type.startsWith('GPMulti')
        ) {
          t.setParam(k, d.value);
          only[k] = d.value;
        }
      const r = (await run(t)).result;
      for (const k in only)
        must(echoes(r[s.out_prefix + k], only[k]), `${k}: ${JSON.stringify(r[s.out_prefix + k])}`);
    },
  ],
  sync_error: [
    'sync_fail',
    async (b, sc) => {
      const s = sc.sync_fail;
      const t = gp.service({ url: url(b, s.service, s.task), async: false }).createTask();
      Object.assign(t.params, s.params);
      const e = await fails(() => run(t), s.expect);
      must(e.code, 'code');
      return etext(e);
    },
  ],
  async_success: [
    'buffer',
    async (b, sc) => {
      const t = await meta(gp.service({ url: url(b, sc.buffer.async_service, sc.buffer.task) }).createTask());
      fill(t, sc);
      t.setOutputParam(sc.buffer.out);
      const r = await run(t);
      polys(r.result[sc.buffer.out], sc.points.features.length);
      must(r.result.jobId, 'jobId');
    },
  ],
  async_large: [
    'large',
    async (b, sc) => {
      // results of many megabytes may come by way of a redirect to another origin
      const n = sc.large.features;
      const t = await meta(gp.service({ url: url(b, sc.buffer.async_service, sc.buffer.task) }).createTask());
      fill(t, sc);
      t.setParam(sc.buffer.in, geojson({ points: scattered(sc.points, n) }));
      t.setOutputParam(sc.buffer.out);
      polys((await run(t, 40000)).result[sc.buffer.out], n);
    },
  ],
  async_result_again: [
    'buffer',
    async (b, sc) => {
      const t = gp
        .service({ url: url(b, sc.buffer.async_service, sc.buffer.task), async: true, asyncInterval: 0.3 })
        .createTask();
      fill(t, sc);
      t.setOutputParam(sc.buffer.out);
      const r = await run(t);
      const again = await new Promise((ok, no) =>
        t.getResult(r.result.jobId, sc.buffer.out, (e, x) => (e ? no(e) : ok(x))),
      );
      polys(again, sc.points.features.length);
    },
  ],
  async_failed: [
    'fail',
    async (b, sc) => {
      const s = sc.fail;
      const t = gp.service({ url: url(b, s.service, s.task), async: true, asyncInterval: 0.4 }).createTask();
      Object.assign(t.params, s.params);
      t.setOutputParam('Result');
      const e = await fails(() => run(t), 'Job Failed');
      return etext(e);
    },
  ],
  async_cancel: [
    'cancel',
    async () => {
      throw new Skip('esri-leaflet-gp has no cancel and polls a cancelled job for ever');
    },
  ],
  secured_anonymous: [
    'secured',
    async (b, sc) => {
      const t = gp.service({ url: url(b, sc.secured.service, sc.buffer.task), async: false }).createTask();
      const e = await fails(() => run(fill(t, sc)), '499');
      must(e.code === 499 && typeof e.authenticate === 'function', 'code ' + e.code);
    },
  ],
  secured_authenticate_retry: [
    'secured',
    async (b, sc) => {
      // 'authenticationrequired' event -> authenticate(token) -> queued request repeated
      const tk = await token(b, sc);
      const s = gp.service({ url: url(b, sc.secured.service, sc.buffer.task), async: false });
      let asked = 0;
      s.on('authenticationrequired', e => {
        asked++;
        e.authenticate(tk);
      });
      const t = s.createTask();
      fill(t, sc);
      const r = await new Promise((ok, no) => {
        setTimeout(() => no(new Error('no second answer')), 8000);
        t.run((e, x) => {
          if (!e) ok(x);
        });
      });
      must(asked === 1, 'asked ' + asked);
      polys(r[sc.buffer.out], sc.points.features.length);
    },
  ],
  secured_token: [
    'secured',
    async (b, sc) => {
      const t = gp
        .service({ url: url(b, sc.secured.service, sc.buffer.task), async: false, token: await token(b, sc) })
        .createTask();
      polys((await run(fill(t, sc))).result[sc.buffer.out], sc.points.features.length);
    },
  ],
  secured_bad_token: [
    'secured',
    async (b, sc) => {
      const t = gp
        .service({ url: url(b, sc.secured.service, sc.buffer.task), async: false, token: 'not-a-token' })
        .createTask();
      const e = await fails(() => run(fill(t, sc)), '498');
      must(e.code === 498, 'code');
    },
  ],
  secured_expired_token: [
    'secured',
    async (b, sc) => {
      if (!sc.secured.expired_token) throw new Skip('no expired_token');
      const t = gp
        .service({
          url: url(b, sc.secured.service, sc.buffer.task),
          async: false,
          token: sc.secured.expired_token,
        })
        .createTask();
      await fails(() => run(fill(t, sc)), '498');
    },
  ],
  secured_async: [
    'secured',
    async (b, sc) => {
      if (!sc.secured.async_service) throw new Skip('no async_service');
      const t = gp
        .service({
          url: url(b, sc.secured.async_service, sc.buffer.task),
          async: true,
          asyncInterval: 0.4,
          token: await token(b, sc),
        })
        .createTask();
      fill(t, sc);
      t.setOutputParam(sc.buffer.out);
      polys((await run(t)).result[sc.buffer.out], sc.points.features.length);
    },
  ],
  upload_and_datafile_result: [
    'upload',
    async (b, sc) => {
      const u = sc.upload,
        fd = new FormData();
      fd.append('file', new Blob(['x,y\n1,2\n'.repeat(100)]), 'p.csv');
      fd.append('f', 'json'); // no upload helper: plain fetch
      const r = await (
        await fetch(url(b, u.service) + '/uploads/upload', { method: 'POST', body: fd })
      ).json();
      const t = gp.service({ url: url(b, u.service, u.task), async: true, asyncInterval: 0.4 }).createTask();
      t.params[u.param] = { itemID: r.item.itemID };
      t.setOutputParam(u.file_out);
      const x = await run(t);
      must(/^http/.test(x.result[u.file_out].url), JSON.stringify(x.result));
      must((await (await fetch(x.result[u.file_out].url)).arrayBuffer()).byteLength === 800, 'download');
    },
  ],
  result_map_image: [
    'mapimage',
    async (b, sc) => {
      const m = sc.mapimage;
      const s = gp.service({ url: url(b, m.service, m.task), async: true, asyncInterval: 0.4 });
      const t = s.createTask();
      fill(t, sc);
      t.setOutputParam(sc.buffer.out);
      const raw = (await run(t)).raw;
      must(raw.value.mapImage.href, JSON.stringify(raw).slice(0, 200)); // 'outputMapService' is set for GPRasterDataLayer only
      const ml = esri.dynamicMapLayer({
        url: url(b, m.service).replace('GPServer', 'MapServer') + '/jobs/' + t._currentJobId,
      });
      const map = L.map('map', { zoomAnimation: false, fadeAnimation: false }).setView([40, -100], 4);
      try {
        await new Promise((ok, no) => {
          ml.on('load', ok);
          ml.on('requesterror', e => no(new Error('requesterror ' + e.message)));
          setTimeout(() => no(new Error('image never loaded')), 8000);
          ml.addTo(map);
        });
      } finally {
        map.remove();
        document
          .getElementById('map')
          .replaceWith(
            Object.assign(document.createElement('div'), { id: 'map', style: 'width:400px;height:300px' }),
          );
      }
    },
  ],
};
export async function runCheck(name, base, sc) {
  try {
    const n = await checks[name][1](base, sc);
    return { ok: true, note: n === undefined ? '' : String(n) };
  } catch (e) {
    return { ok: false, skip: !!e?.skip, why: e?.skip ? e.message : (etext(e) || String(e)).slice(0, 400) };
  }
}
