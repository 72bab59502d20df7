// Shared plumbing of the Node runners: arguments, network guard, checks, timeouts.
// usage: node --import ./packages.mjs run_x.mjs SERVICES_URL [scenario.json] [--only a,b] [-v]
import fs from 'node:fs';
import path from 'node:path';
import net from 'node:net';
import dns from 'node:dns';
export const HERE = path.dirname(new URL(import.meta.url).pathname);
export const INSTALLED = path.join(process.env.GP_TOOLS || path.join(HERE, '../../.tools'), 'clients');
export const packageVersion = name =>
  JSON.parse(fs.readFileSync(path.join(INSTALLED, 'node_modules', name, 'package.json'))).version;
export const ATTEMPTS = new Set();
const LOOP = new Set(['127.0.0.1', 'localhost', '::1']);
// guard: refuse to look up or connect to anything but loopback
const look = dns.lookup;
dns.lookup = function (h, o, cb) {
  if (!LOOP.has(h)) {
    ATTEMPTS.add(h);
    const e = new Error(`gpcheck: lookup of ${h} refused`);
    e.code = 'ENOTFOUND';
    const f = cb || o;
    return process.nextTick(f, e);
  }
  return look.apply(dns, arguments);
};
const conn = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...a) {
  const o = Array.isArray(a[0]) ? a[0][0] : a[0];
  if (o && o.host && net.isIP(o.host) && !LOOP.has(o.host)) {
    ATTEMPTS.add(o.host);
    this.destroy(new Error(`gpcheck: connection to ${o.host} refused`));
    return this;
  }
  return conn.apply(this, a);
};

const argv = process.argv.slice(2);
const flag = n => {
  const i = argv.indexOf(n);
  return i < 0 ? null : argv.splice(i, 2)[1];
};
export const only = flag('--only')?.split(',');
const tmo = flag('--timeout');
const vi = argv.indexOf('-v');
export const verbose = vi >= 0 && !!argv.splice(vi, 1);
const base = argv[0];
if (!base) {
  console.error(
    'usage: node --import ./packages.mjs run_x.mjs SERVICES_URL [scenario.json] [--only a,b] [-v]',
  );
  process.exit(2);
}
export const sc = JSON.parse(fs.readFileSync(argv[1] || path.join(HERE, 'scenarios/local.json')));
export const timeout = 1000 * (tmo || sc.timeout || 40);
export class Skip extends Error {}
const list = [];
export const check = (name, section, f) => list.push([name, section, f]);
export const must = (c, m) => {
  if (!c) throw new Error(m);
};
export const sleep = ms => new Promise(r => setTimeout(r, ms));
export const clone = x => JSON.parse(JSON.stringify(x));
export function ctx(base) {
  base = base.replace(/\/$/, '');
  const root = base.split('/rest/services')[0];
  return {
    base,
    root,
    sc,
    url: (s, t) => `${base}/${s}/GPServer` + (t ? `/${t}` : ''),
    async token(extra = {}) {
      const s = sc.secured;
      const r = await (
        await fetch(root + (s.token_path || '/tokens/generateToken'), {
          method: 'POST',
          body: new URLSearchParams({
            f: 'json',
            username: s.username,
            password: s.password,
            client: 'requestip',
            expiration: 60,
            ...extra,
          }),
        })
      ).json();
      must(r.token, 'no token: ' + JSON.stringify(r));
      return r;
    },
  };
}
export async function expectError(p, ...needles) {
  let r;
  try {
    r = await (typeof p === 'function' ? p() : p);
  } catch (e) {
    const t = errText(e).toLowerCase();
    must(
      !needles.length || needles.some(n => t.includes(String(n).toLowerCase())),
      `error text lacks ${needles}: ${t.slice(0, 300)}`,
    );
    return e;
  }
  throw new Error('no error, got ' + JSON.stringify(r)?.slice(0, 200));
}
export function errText(e) {
  let s = '';
  try {
    s = JSON.stringify(e);
  } catch {}
  return [
    e?.name,
    e?.message,
    e?.code,
    e?.details && safe(e.details),
    e?.response && safe(e.response),
    e?.jobInfo && safe(e.jobInfo),
    s,
    typeof e === 'string' ? e : '',
  ]
    .filter(Boolean)
    .join(' ');
}
const safe = o => {
  try {
    return JSON.stringify(o);
  } catch {
    return String(o);
  }
};
export function checkPolygons(fset, n, { dissolve = false } = {}) {
  must(fset && fset.geometryType === 'esriGeometryPolygon', 'geometryType ' + fset?.geometryType);
  must(fset.features.length === (dissolve ? 1 : n), fset.features.length + ' features');
  for (const f of fset.features) {
    const rr = f.geometry.rings;
    must(
      rr.length && rr.every(r => r.length >= 4 && r[0][0] === r.at(-1)[0] && r[0][1] === r.at(-1)[1]),
      'bad rings',
    );
    must(f.attributes, 'no attributes');
  }
}
// A check that skips itself counts as skipped; a run without a single pass is a failure.
export async function main(name) {
  const c = ctx(base);
  const n = { PASS: 0, FAIL: 0, SKIP: 0 };
  for (const [nm, section, f] of list) {
    if (only && !only.includes(nm)) continue;
    const { st, why } = await runCheck(section, f, c);
    n[st]++;
    console.log(`${st} ${nm}` + (why ? `: ${why}` : ''));
  }
  if (ATTEMPTS.size) console.error('# NOTE: blocked attempts to reach', [...ATTEMPTS]);
  console.log(`${name}: ${n.PASS} passed, ${n.FAIL} failed, ${n.SKIP} skipped`);
  return n.FAIL || !n.PASS;
}
async function runCheck(section, f, c) {
  let timer;
  try {
    if (section && !sc[section]) throw new Skip(`no '${section}' in the scenario`);
    const expired = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer after ${timeout / 1000} s`)), timeout);
    });
    const note = await Promise.race([f(c), expired]);
    return { st: 'PASS', why: verbose && note ? String(note) : '' };
  } catch (e) {
    if (e instanceof Skip) return { st: 'SKIP', why: e.message };
    if (verbose && e?.stack) console.error(e.stack);
    return { st: 'FAIL', why: (errText(e) || String(e)).replace(/\s+/g, ' ').slice(0, 300) };
  } finally {
    clearTimeout(timer);
  }
}
