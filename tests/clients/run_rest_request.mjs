#!/usr/bin/env node
// @esri/arcgis-rest-request (Job, request, ArcGISIdentityManager) in Node.
import {
  check,
  must,
  packageVersion,
  sleep,
  clone,
  expectError,
  checkPolygons,
  main,
  sc,
  Skip,
} from './gpcheck.mjs';
import { echoes } from './browser/echoes.js';
import { scattered } from './browser/scattered.js';
import * as R from '@esri/arcgis-rest-request';
const { request, Job, ArcGISIdentityManager, JOB_STATUSES } = R;
globalThis.ARCGIS_REST_JS_SUPPRESS_TOKEN_WARNING = true;
const b = sc.buffer,
  N = sc.points.features.length;
const dis = v => b.dissolve_values[+v]; // the choice that stands for false or true
const params = (over = {}) => ({
  [b.in]: clone(sc.points),
  [b.distance]: { distance: 1, units: 'esriKilometers' },
  [b.dissolve]: dis(false),
  ...over,
});
const value = (r, n) => r.results.find(x => x.paramName === n)?.value;
process.on('unhandledRejection', e => console.error('# unhandled rejection:', String(e).slice(0, 200)));

check('list_services', 'buffer', async c => {
  const r = await request(c.base);
  must(
    r.services.some(s => s.name === b.sync_service && s.type === 'GPServer'),
    JSON.stringify(r),
  );
  must(Array.isArray(r.folders), 'folders');
});
check('describe_service', 'buffer', async c => {
  const r = await request(c.url(b.sync_service), { httpMethod: 'GET' });
  must(r.tasks.includes(b.task) && r.executionType === 'esriExecutionTypeSynchronous', JSON.stringify(r));
});
check('describe_task', 'buffer', async c => {
  const r = await request(c.url(b.sync_service, b.task));
  const t = Object.fromEntries(r.parameters.map(p => [p.name, p.dataType]));
  must(
    t[b.in] === 'GPFeatureRecordSetLayer' && t[b.distance] === 'GPLinearUnit' && t[b.dissolve] === 'GPString',
    JSON.stringify(t),
  );
});
check('sync_features', 'buffer', async c =>
  checkPolygons(
    value(await request(c.url(b.sync_service, b.task) + '/execute', { params: params() }), b.out),
    N,
  ),
);
check('sync_get', 'buffer', async c =>
  checkPolygons(
    value(
      await request(c.url(b.sync_service, b.task) + '/execute', {
        httpMethod: 'GET',
        params: params({
          [b.in]: { ...clone(sc.points), features: sc.points.features.slice(0, 1) },
          [b.dissolve]: dis(true),
        }),
      }),
      b.out,
    ),
    1,
    { dissolve: true },
  ),
);
check('sync_get_long_becomes_post', 'buffer', async c => {
  const many = clone(sc.points);
  many.features = Array.from({ length: 200 }, (_, i) => ({
    geometry: { x: -100 + i / 100, y: 40 },
    attributes: { OBJECTID: i + 1, NAME: 'n' + i },
  }));
  checkPolygons(
    value(
      await request(c.url(b.sync_service, b.task) + '/execute', {
        httpMethod: 'GET',
        params: params({ [b.in]: many }),
      }),
      b.out,
    ),
    200,
  );
});
check('sync_multipart', 'buffer', async c => {
  // a Blob among the parameters turns the POST into multipart/form-data
  checkPolygons(
    value(
      await request(c.url(b.sync_service, b.task) + '/execute', {
        params: params({ unused_file: new Blob(['x']) }),
      }),
      b.out,
    ),
    N,
  );
});
check('sync_scalars', 'scalars', async c => {
  const s = sc.scalars,
    p = {};
  for (const [k, d] of Object.entries(s.values))
    p[k] =
      d.type === 'GPDate'
        ? new Date(d.value)
        : d.type.startsWith('GPMultiValue')
          ? JSON.stringify(d.value)
          : d.value;
  const r = await request(c.url(s.service, s.task) + '/execute', { params: p });
  for (const [k, d] of Object.entries(s.values))
    must(echoes(value(r, s.out_prefix + k), d.value), `${k}: ${JSON.stringify(value(r, s.out_prefix + k))}`);
});
check('sync_error', 'sync_fail', async c => {
  const s = sc.sync_fail;
  const e = await expectError(
    request(c.url(s.service, s.task) + '/execute', { params: clone(s.params) }),
    s.expect,
  );
  must(e.name === 'ArcGISRequestError', e.name);
  must(/^\d+|HTTP/.test(String(e.code)), 'code ' + e.code);
});
check('async_success', 'buffer', async c => {
  const j = await Job.submitJob({ url: c.url(b.async_service, b.task), params: params() });
  must(j.id && j.jobUrl.endsWith('/jobs/' + j.id), 'id');
  const i = await j.waitForCompletion();
  must(i.status === JOB_STATUSES.Success, i.status);
  const r = await j.getResult(b.out);
  must(r.paramName === b.out, r.paramName);
  checkPolygons(r.value, N);
});
check('async_all_results', 'buffer', async c => {
  const j = await Job.submitJob({
    url: c.url(b.async_service, b.task) + '/submitJob',
    params: params(),
    pollingRate: 500,
  });
  const seen = [];
  j.on(JOB_STATUSES.Status, i => seen.push(i.status));
  j.startEventMonitoring(400);
  const r = await j.getAllResults();
  j.stopEventMonitoring();
  checkPolygons(r[b.out].value, N);
  return [...new Set(seen)];
});
check('async_from_existing', 'buffer', async c => {
  const j = await Job.submitJob({ url: c.url(b.async_service, b.task), params: params() });
  const k = await Job.fromExistingJob({ url: c.url(b.async_service, b.task), id: j.id });
  const l = await Job.deserialize(j.serialize());
  must((await k.getJobInfo()).id === j.id && l.id === j.id, 'id');
  await expectError(Job.fromExistingJob({ url: c.url(b.async_service, b.task), id: 'jnosuchjob' }));
});
check('async_large', 'large', async c => {
  // results of many megabytes may come by way of a redirect, which fetch follows after its POST
  const n = sc.large.features;
  const j = await Job.submitJob({
    url: c.url(b.async_service, b.task),
    params: params({ [b.in]: scattered(sc.points, n) }),
  });
  const r = await j.getResult(b.out);
  checkPolygons(r.value, n);
});
check('async_failed', 'fail', async c => {
  const s = sc.fail;
  const j = await Job.submitJob({ url: c.url(s.service, s.task), params: clone(s.params) });
  const e = await expectError(j.waitForCompletion(), s.expect);
  must(e.name === 'ArcGISJobError' && e.jobInfo?.status === JOB_STATUSES.Failed, `${e.name} ${e.message}`);
  must(
    e.jobInfo.messages.some(m => m.type === 'esriJobMessageTypeError'),
    'messages',
  );
});
check('async_cancel', 'cancel', async c => {
  const s = sc.cancel;
  const j = await Job.submitJob({ url: c.url(s.service, s.task), params: clone(s.params) });
  await sleep(800);
  const r = await j.cancelJob();
  must(/esriJobCancell(ing|ed)/.test(r.jobStatus), JSON.stringify(r));
  for (let i = 0; i < 30; i++) {
    if ((await j.getJobInfo()).status === JOB_STATUSES.Cancelled) return;
    await sleep(500);
  }
  throw new Error('never cancelled');
});
check('secured_anonymous', 'secured', async c => {
  const e = await expectError(request(c.url(sc.secured.service)));
  must(
    e.name === 'ArcGISAuthError' &&
      [499, '499'].includes(e.originalResponse?.error?.code ?? e.response?.error?.code),
    `${e.name} ${e.code} ${e.message}`,
  );
});
check('secured_token_string', 'secured', async c => {
  const { token } = await c.token();
  checkPolygons(
    value(
      await request(c.url(sc.secured.service, b.task) + '/execute', {
        params: params(),
        authentication: token,
      }),
      b.out,
    ),
    N,
  );
});
check('secured_bad_token', 'secured', async c => {
  const e = await expectError(request(c.url(sc.secured.service), { authentication: 'not-a-token' }));
  must(e.name === 'ArcGISAuthError', `${e.name} ${e.code} ${e.message}`);
});
check('secured_expired_token', 'secured', async c => {
  if (!sc.secured.expired_token) throw new Skip('no expired_token');
  const e = await expectError(
    request(c.url(sc.secured.service), { authentication: sc.secured.expired_token }),
  );
  must(e.name === 'ArcGISAuthError', `${e.name} ${e.code} ${e.message}`);
});
check('secured_hide_token', 'secured', async c => {
  // GET with hideToken: X-Esri-Authorization: Bearer
  const { token } = await c.token();
  const r = await request(c.url(sc.secured.service), {
    httpMethod: 'GET',
    hideToken: true,
    authentication: token,
  });
  must(r.tasks, 'tasks');
});
check('secured_identity_manager', 'secured', async c => {
  // standalone server: constructor with {token, tokenExpires, server}; fromToken()/signIn() would ask a portal (default www.arcgis.com) for the user
  const s = sc.secured,
    t = await c.token();
  const m = new ArcGISIdentityManager({ token: t.token, tokenExpires: new Date(t.expires), server: c.base });
  checkPolygons(
    value(
      await request(c.url(s.service, b.task) + '/execute', { params: params(), authentication: m }),
      b.out,
    ),
    N,
  );
  if (s.async_service) {
    const j = await Job.submitJob({
      url: c.url(s.async_service, b.task),
      params: params(),
      authentication: m,
    });
    checkPolygons((await j.getResult(b.out)).value, N);
  }
});
check('secured_login', 'secured', async c => {
  // username/password: refreshCredentials() = rest/info -> authInfo.tokenServicesUrl -> token
  const s = sc.secured;
  const m = new ArcGISIdentityManager({ username: s.username, password: s.password, server: c.base });
  await m.refreshCredentials();
  must(m.token && m.tokenExpires > new Date(), 'token ' + m.token);
  const n = new ArcGISIdentityManager({ token: m.token, tokenExpires: m.tokenExpires, server: c.base });
  must((await request(c.url(s.service), { authentication: n })).tasks, 'tasks');
  const w = new ArcGISIdentityManager({ username: s.username, password: 'wrong', server: c.base });
  const e = await expectError(w.refreshCredentials());
  must(e.name === 'ArcGISTokenRequestError', e.name);
});
check('upload_and_datafile_result', 'upload', async c => {
  const u = sc.upload;
  const blob = new Blob(['x,y\n1,2\n'.repeat(100)], { type: 'text/csv' });
  const r = await request(c.url(u.service) + '/uploads/upload', { params: { file: blob, description: 'd' } });
  must(r.success && r.item?.itemID, JSON.stringify(r));
  const j = await Job.submitJob({
    url: c.url(u.service, u.task),
    params: { [u.param]: { itemID: r.item.itemID } },
  });
  const all = await j.getAllResults();
  must(all[u.count_out].value === 800, JSON.stringify(all));
  const d = await fetch(all[u.file_out].value.url);
  must(d.ok && (await d.arrayBuffer()).byteLength === 800, 'download');
});
check('result_map_image', 'mapimage', async c => {
  // no helper in this client: the raw value carries mapImage unless returnType=data
  const m = sc.mapimage;
  const j = await Job.submitJob({ url: c.url(m.service, m.task), params: params() });
  const v = (await j.getResult(b.out)).value;
  must(v.mapImage?.href, JSON.stringify(v).slice(0, 200));
  checkPolygons((await request(`${j.jobUrl}/results/${b.out}`, { params: { returnType: 'data' } })).value, N);
  const s = await request(c.url(m.service));
  must(s.resultMapServerName, 'resultMapServerName');
});
process.exit(
  (await main('@esri/arcgis-rest-request ' + packageVersion('@esri/arcgis-rest-request'))) ? 1 : 0,
);
