// Checks of @arcgis/core (ArcGIS Maps SDK for JavaScript); the same file runs in Chromium (bundled) and in Node.
import * as geoprocessor from '@arcgis/core/rest/geoprocessor.js';
import esriConfig from '@arcgis/core/config.js';
import esriRequest from '@arcgis/core/request.js';
import ServerInfo from '@arcgis/core/identity/ServerInfo.js';
import FeatureSet from '@arcgis/core/rest/support/FeatureSet.js';
import LinearUnit from '@arcgis/core/rest/support/LinearUnit.js';
import DataFile from '@arcgis/core/rest/support/DataFile.js';
import JobInfo from '@arcgis/core/rest/support/JobInfo.js';
import { echoes } from './echoes.js';
import { scattered } from './scattered.js';
import { version } from '@arcgis/core/kernel.js';
// IdentityManager pulls in CSS: not importable in plain Node
export const esriId = globalThis.NODE_RUN
  ? null
  : (await import('@arcgis/core/identity/IdentityManager.js')).default;
export { esriConfig, version };
esriConfig.request.useIdentity = false; // no sign-in dialog unless a check asks for it
const must = (c, m) => {
  if (!c) throw new Error(m);
};
const sleep = ms => new Promise(r => setTimeout(r, ms));
class Skip extends Error {
  constructor(m) {
    super(m);
    this.skip = true;
  }
}
const url = (b, s, t) => `${b}/${s}/GPServer` + (t ? `/${t}` : '');
const fset = (sc, n) => {
  const j = JSON.parse(JSON.stringify(sc.points));
  if (n)
    j.features = Array.from({ length: n }, (_, i) => ({
      geometry: { x: -100 + i / 1000, y: 40 },
      attributes: { OBJECTID: i + 1, NAME: 'n' + i },
    }));
  return FeatureSet.fromJSON(j);
};
const dis = (sc, v) => sc.buffer.dissolve_values[+v];
const params = (sc, o = {}) => ({
  [sc.buffer.in]: fset(sc),
  [sc.buffer.distance]: new LinearUnit({ distance: 1, units: 'kilometers' }),
  [sc.buffer.dissolve]: dis(sc, false),
  ...o,
});
const polys = (pv, n) => {
  must(pv.dataType === 'feature-record-set-layer', 'dataType ' + pv.dataType);
  must(pv.value instanceof FeatureSet, 'not a FeatureSet');
  must(pv.value.geometryType === 'polygon', 'geometryType ' + pv.value.geometryType);
  must(pv.value.features.length === n, pv.value.features.length + ' features');
  for (const g of pv.value.features) {
    must(g.geometry?.type === 'polygon' && g.geometry.rings[0].length > 3, 'geometry');
    must(g.attributes, 'attributes');
  }
  must(pv.value.features[0].geometry.spatialReference, 'no spatial reference on geometries');
};
const out = (r, n) => {
  const p = r.results.find(x => x.paramName === n);
  must(p, 'no result ' + n);
  return p;
};
const etext = e => {
  let s = '';
  try {
    s = JSON.stringify(e);
  } catch {}
  return [
    e?.name,
    e?.message,
    JSON.stringify(e?.details?.messages ?? ''),
    e?.details?.httpStatus,
    e?.details?.messageCode,
    s,
  ].join(' ');
};
const fails = async (f, ...needles) => {
  let r;
  try {
    r = await f();
  } catch (e) {
    const t = etext(e).toLowerCase();
    must(
      !needles.length || needles.some(n => t.includes(String(n).toLowerCase())),
      `error lacks ${needles}: ${t.slice(0, 300)}`,
    );
    return e;
  }
  throw new Error('no error, got ' + JSON.stringify(r)?.slice(0, 150));
};
const token = async (b, sc) => {
  const r = await fetch(b.split('/rest/services')[0] + sc.secured.token_path, {
    method: 'POST',
    body: new URLSearchParams({
      f: 'json',
      username: sc.secured.username,
      password: sc.secured.password,
      client: 'requestip',
      expiration: 60,
    }),
  });
  return (await r.json()).token;
};
const withIdentity = async f => {
  if (!esriId) throw new Skip('IdentityManager needs a browser');
  esriConfig.request.useIdentity = true;
  try {
    return await f();
  } finally {
    esriConfig.request.useIdentity = false;
    esriId.destroyCredentials();
  }
};

export const checks = {
  list_services: [
    'buffer',
    async (b, sc) => {
      const r = (await esriRequest(b, { query: { f: 'json' }, responseType: 'json' })).data;
      must(
        r.services.some(s => s.name === sc.buffer.sync_service && s.type === 'GPServer'),
        JSON.stringify(r),
      );
    },
  ],
  describe_task: [
    'buffer',
    async (b, sc) => {
      const r = (await esriRequest(url(b, sc.buffer.sync_service, sc.buffer.task), { query: { f: 'json' } }))
        .data;
      const t = Object.fromEntries(r.parameters.map(p => [p.name, p.dataType]));
      must(
        t[sc.buffer.in] === 'GPFeatureRecordSetLayer' && t[sc.buffer.distance] === 'GPLinearUnit',
        JSON.stringify(t),
      );
    },
  ],
  sync_features: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(url(b, sc.buffer.sync_service, sc.buffer.task), params(sc));
      polys(out(r, sc.buffer.out), sc.points.features.length);
      must(Array.isArray(r.messages), 'messages');
    },
  ],
  sync_messages: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(url(b, sc.buffer.sync_service, sc.buffer.task), params(sc));
      must(
        r.messages.length && r.messages.every(m => m.type && m.description),
        'messages ' + JSON.stringify(r.messages),
      );
    },
  ],
  sync_large_post: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(
        url(b, sc.buffer.sync_service, sc.buffer.task),
        params(sc, { [sc.buffer.in]: fset(sc, 300) }),
      );
      polys(out(r, sc.buffer.out), 300);
    },
  ],
  sync_dissolve: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(
        url(b, sc.buffer.sync_service, sc.buffer.task),
        params(sc, { [sc.buffer.dissolve]: dis(sc, true) }),
      );
      polys(out(r, sc.buffer.out), 1);
    },
  ],
  sync_options: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(url(b, sc.buffer.sync_service, sc.buffer.task), params(sc), {
        outSpatialReference: { wkid: 3857 },
        processSpatialReference: { wkid: 3857 },
        returnZ: true,
        returnM: true,
      });
      must(out(r, sc.buffer.out).value.features.length, 'features');
    },
  ],
  sync_process_extent: [
    'buffer',
    async (b, sc) => {
      const r = await geoprocessor.execute(url(b, sc.buffer.sync_service, sc.buffer.task), params(sc), {
        processExtent: { xmin: -180, ymin: -90, xmax: 180, ymax: 90, spatialReference: { wkid: 4326 } },
        outSpatialReference: { wkid: 4326 },
      });
      must(out(r, sc.buffer.out).value.features.length, 'features');
    },
  ],
  sync_scalars: [
    'scalars',
    async (b, sc) => {
      const s = sc.scalars,
        p = {};
      for (const [k, d] of Object.entries(s.values))
        p[k] =
          d.type === 'GPDate'
            ? new Date(d.value)
            : d.type === 'GPLinearUnit'
              ? LinearUnit.fromJSON(d.value)
              : d.value;
      const r = await geoprocessor.execute(url(b, s.service, s.task), p);
      for (const [k, d] of Object.entries(s.values)) {
        let v = out(r, s.out_prefix + k).value;
        if (d.type === 'GPDate') v = +v;
        must(echoes(v?.toJSON?.() ?? v, d.value), `${k}: ${JSON.stringify(v)}`);
      }
    },
  ],
  sync_error: [
    'sync_fail',
    async (b, sc) => {
      const s = sc.sync_fail;
      const e = await fails(() => geoprocessor.execute(url(b, s.service, s.task), s.params), s.expect);
      must(e.name === 'request:server', 'name ' + e.name);
      must(e.details?.messages?.length || e.message, 'no messages');
      return `${e.name} httpStatus=${e.details?.httpStatus}`;
    },
  ],
  async_success: [
    'buffer',
    async (b, sc) => {
      const seen = [];
      const j = await geoprocessor.submitJob(url(b, sc.buffer.async_service, sc.buffer.task), params(sc));
      must(j instanceof JobInfo && j.jobId, 'jobId');
      must(/^job-(submitted|new|waiting|executing)$/.test(j.jobStatus), j.jobStatus);
      await j.waitForJobCompletion({
        interval: 400,
        statusCallback: i => seen.push([i.jobStatus, i.progress && i.progress.percent].join(' ')),
      });
      must(j.jobStatus === 'job-succeeded', j.jobStatus);
      polys(await j.fetchResultData(sc.buffer.out), sc.points.features.length);
      must(j.messages.length && j.messages[0].type, 'messages');
      return [...new Set(seen.map(s => s.split(' ')[0]))];
    },
  ],
  async_large: [
    'large',
    async (b, sc) => {
      // results of many megabytes may come by way of a redirect to another origin
      const n = sc.large.features;
      const j = await geoprocessor.submitJob(
        url(b, sc.buffer.async_service, sc.buffer.task),
        params(sc, { [sc.buffer.in]: FeatureSet.fromJSON(scattered(sc.points, n)) }),
      );
      await j.waitForJobCompletion({ interval: 400 });
      polys(await j.fetchResultData(sc.buffer.out), n);
    },
  ],
  async_result_outsr: [
    'buffer',
    async (b, sc) => {
      const j = await geoprocessor.submitJob(url(b, sc.buffer.async_service, sc.buffer.task), params(sc));
      await j.waitForJobCompletion({ interval: 400 });
      const v = await j.fetchResultData(sc.buffer.out, {
        outSpatialReference: { wkid: 3857 },
        returnZ: true,
      });
      must(v.value.features.length, 'features');
    },
  ],
  async_failed: [
    'fail',
    async (b, sc) => {
      const s = sc.fail;
      const j = await geoprocessor.submitJob(url(b, s.service, s.task), s.params);
      let e;
      try {
        await j.waitForJobCompletion({ interval: 400 });
      } catch (x) {
        e = x;
      }
      must(e === j && j.jobStatus === 'job-failed', 'rejected with ' + e + ' ' + j.jobStatus);
      must(
        j.messages.some(
          m => m.type === 'error' && (!s.expect || j.messages.some(q => q.description.includes(s.expect))),
        ),
        'messages ' + JSON.stringify(j.messages),
      );
    },
  ],
  async_cancel: [
    'cancel',
    async (b, sc) => {
      const s = sc.cancel;
      const j = await geoprocessor.submitJob(url(b, s.service, s.task), s.params);
      await sleep(700);
      await j.checkJobStatus();
      must(/executing|submitted|waiting/.test(j.jobStatus), j.jobStatus);
      await j.cancelJob();
      must(j.jobStatus === 'job-cancelled', j.jobStatus);
    },
  ],
  secured_anonymous: [
    'secured',
    async (b, sc) => {
      const e = await fails(
        () => geoprocessor.execute(url(b, sc.secured.service, sc.buffer.task), params(sc)),
        '499',
        'token required',
      );
      return `${e.name}: ${e.message} httpStatus=${e.details?.httpStatus}`;
    },
  ],
  secured_bad_token: [
    'secured',
    async (b, sc) => {
      const e = await fails(
        () => esriRequest(url(b, sc.secured.service), { query: { f: 'json', token: 'not-a-token' } }),
        '498',
        'invalid token',
      );
      /* execute() ignores requestOptions.query */ return `${e.name}: ${e.message}`;
    },
  ],
  secured_expired_token: [
    'secured',
    async (b, sc) => {
      if (!sc.secured.expired_token) throw new Skip('no expired_token');
      const e = await fails(
        () =>
          esriRequest(url(b, sc.secured.service), { query: { f: 'json', token: sc.secured.expired_token } }),
        '498',
        'invalid token',
      );
      return `${e.name}: ${e.message}`;
    },
  ],
  secured_register_token: [
    'secured',
    (b, sc) =>
      withIdentity(async () => {
        esriId.registerToken({ server: b, token: await token(b, sc) });
        polys(
          out(
            await geoprocessor.execute(url(b, sc.secured.service, sc.buffer.task), params(sc)),
            sc.buffer.out,
          ),
          sc.points.features.length,
        );
        if (sc.secured.async_service) {
          const j = await geoprocessor.submitJob(
            url(b, sc.secured.async_service, sc.buffer.task),
            params(sc),
          );
          await j.waitForJobCompletion({ interval: 400 });
          polys(await j.fetchResultData(sc.buffer.out), sc.points.features.length);
        }
      }),
  ],
  secured_generate_token: [
    'secured',
    (b, sc) =>
      withIdentity(async () => {
        const root = b.split('/rest/services')[0];
        const info = (await esriRequest(root + '/rest/info', { query: { f: 'json' } })).data;
        must(info.authInfo?.tokenServicesUrl, 'authInfo');
        const si = new ServerInfo({
          server: root,
          tokenServiceUrl: info.authInfo.tokenServicesUrl,
          shortLivedTokenValidity: info.authInfo.shortLivedTokenValidity,
          currentVersion: info.currentVersion,
          hasServer: true,
        });
        const t = await esriId.generateToken(si, {
          username: sc.secured.username,
          password: sc.secured.password,
        });
        must(t.token && t.expires > Date.now(), JSON.stringify(t));
        esriId.registerToken({ server: b, token: t.token, expires: t.expires });
        polys(
          out(
            await geoprocessor.execute(url(b, sc.secured.service, sc.buffer.task), params(sc)),
            sc.buffer.out,
          ),
          sc.points.features.length,
        );
        const e = await fails(() =>
          esriId.generateToken(si, { username: sc.secured.username, password: 'wrong' }),
        );
        return e.name;
      }),
  ],
  upload_and_datafile_result: [
    'upload',
    async (b, sc) => {
      if (globalThis.NODE_RUN) throw new Skip('the client does not send FormData in Node');
      const u = sc.upload,
        fd = new FormData();
      fd.append('file', new Blob(['x,y\n1,2\n'.repeat(100)], { type: 'text/csv' }), 'points.csv');
      fd.append('f', 'json');
      const r = (
        await esriRequest(url(b, u.service) + '/uploads/upload', {
          body: fd,
          method: 'post',
          responseType: 'json',
        })
      ).data;
      must(r.success && r.item.itemID, JSON.stringify(r));
      const j = await geoprocessor.submitJob(url(b, u.service, u.task), {
        [u.param]: new DataFile({ itemId: r.item.itemID }),
      });
      await j.waitForJobCompletion({ interval: 400 });
      must((await j.fetchResultData(u.count_out)).value === 800, 'count');
      const f = await j.fetchResultData(u.file_out);
      must(
        f.dataType === 'data-file' && f.value instanceof DataFile && /^http/.test(f.value.url),
        JSON.stringify(f),
      );
      must((await (await fetch(f.value.url)).arrayBuffer()).byteLength === 800, 'download');
    },
  ],
  result_map_image: [
    'mapimage',
    async (b, sc) => {
      if (globalThis.NODE_RUN && !Promise.withResolvers) throw new Skip('layers need Node >= 22');
      const m = sc.mapimage;
      const j = await geoprocessor.submitJob(url(b, m.service, m.task), params(sc));
      await j.waitForJobCompletion({ interval: 400 });
      const l = await j.fetchResultMapImageLayer();
      must(/\/MapServer\/jobs\//.test(l.url), l.url);
      await l.load();
      must(l.sublayers.length === 1, 'sublayers');
      const ex = l.fullExtent;
      must(ex, 'fullExtent');
      if (globalThis.document?.createElement && !globalThis.NODE_RUN) {
        const img = await l.fetchImage(ex, 200, 100);
        must((img.naturalWidth || img.width) === 200, 'image ' + img?.constructor?.name);
      }
      polys(await j.fetchResultData(sc.buffer.out), sc.points.features.length); // sends returnType=data
    },
  ],
};
// used by run_arcgis_core.mjs with the sign-in dialog
const extra = {
  secured_with_dialog: async (b, sc) => {
    polys(
      out(await geoprocessor.execute(url(b, sc.secured.service, sc.buffer.task), params(sc)), sc.buffer.out),
      sc.points.features.length,
    );
  },
};
export async function run(name, base, sc) {
  try {
    const n = await (extra[name] ?? checks[name][1])(base, sc);
    return { ok: true, note: n === undefined ? '' : String(n) };
  } catch (e) {
    return { ok: false, skip: !!e?.skip, why: e?.skip ? e.message : etext(e).slice(0, 400) || String(e) };
  }
}
