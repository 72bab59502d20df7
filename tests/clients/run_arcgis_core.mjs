#!/usr/bin/env node
// @arcgis/core (ArcGIS Maps SDK for JavaScript) in headless Chromium.
// The page comes from another loopback port, so the server's CORS headers are exercised too.
import path from 'node:path';
import { check, main, must, packageVersion, sc, Skip, INSTALLED } from './gpcheck.mjs';
import { bundle, open } from './gpbrowser.mjs';
const dist = await bundle('arcgis-core', 'browser/core_checks.js');
const B = await open({
  dist,
  mounts: { '/assets/': path.join(INSTALLED, 'node_modules/@arcgis/core/assets/') },
});
const conf = () =>
  B.page.evaluate(o => {
    M.esriConfig.assetsPath = o + '/assets';
  }, B.origin);
await conf();
const sections = await B.page.evaluate(() =>
  Object.entries(M.checks).map(([name, [section]]) => [name, section]),
);
for (const [name, section] of sections)
  check(name, section, async c => {
    const r = await B.page.evaluate(([n, b, s]) => M.run(n, b, s), [name, c.base, sc]);
    if (r.skip) throw new Skip(r.why);
    must(r.ok, r.why);
    return r.note;
  });
check('secured_sign_in_dialog', 'secured', async c => {
  // the SDK's own challenge: 499 -> rest/info -> dialog -> generateToken -> retry
  await B.page.reload();
  await B.page.waitForFunction('window.ready === true');
  await conf();
  const done = B.page.evaluate(
    async ([b, s]) => {
      M.esriConfig.request.useIdentity = true;
      try {
        const r = await M.run('secured_with_dialog', b, s);
        return r;
      } finally {
        M.esriConfig.request.useIdentity = false;
        M.esriId.destroyCredentials();
      }
    },
    [c.base, sc],
  );
  done.catch(() => {});
  const inputs = B.page.locator('input');
  await inputs.nth(1).waitFor({ state: 'visible', timeout: 15000 });
  await inputs.nth(0).fill(sc.secured.username);
  await inputs.nth(1).fill(sc.secured.password);
  await inputs.nth(1).press('Enter');
  const r = await Promise.race([
    done,
    new Promise((_, j) => setTimeout(() => j(new Error('dialog did not finish')), 12000)),
  ]);
  must(r.ok, r.why);
});
let failed = 1;
try {
  failed = await main('@arcgis/core (chromium) ' + packageVersion('@arcgis/core'));
} finally {
  await B.close();
}
process.exit(failed ? 1 : 0);
