#!/usr/bin/env node
// esri-leaflet-gp in headless Chromium.
import { check, main, must, packageVersion, sc, Skip } from './gpcheck.mjs';
import { bundle, open } from './gpbrowser.mjs';
const dist = await bundle('esri-leaflet', 'browser/leaflet_checks.js');
const B = await open({ dist });
const sections = await B.page.evaluate(() =>
  Object.entries(M.checks).map(([name, [section]]) => [name, section]),
);
for (const [name, section] of sections)
  check(name, section, async c => {
    const r = await B.page.evaluate(([n, b, s]) => M.runCheck(n, b, s), [name, c.base, sc]);
    if (r.skip) throw new Skip(r.why);
    must(r.ok, r.why);
    return r.note;
  });
let failed = 1;
try {
  failed = await main(
    `esri-leaflet ${packageVersion('esri-leaflet')} + esri-leaflet-gp ${packageVersion('esri-leaflet-gp')}`,
  );
} finally {
  await B.close();
}
process.exit(failed ? 1 : 0);
