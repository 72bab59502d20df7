#!/usr/bin/env node
// @arcgis/core in plain Node (no DOM): the REST part works; no images, no sign-in dialog.
import { check, main, sc, Skip } from './gpcheck.mjs';
globalThis.NODE_RUN = true;
const C = await import('./browser/core_checks.js');
for (const [name, [section]] of Object.entries(C.checks))
  check(name, section, async c => {
    const r = await C.run(name, c.base, sc);
    if (r.skip) throw new Skip(r.why);
    if (!r.ok) throw new Error(r.why);
    return r.note;
  });
process.exit((await main('@arcgis/core (node) ' + C.version)) ? 1 : 0);
