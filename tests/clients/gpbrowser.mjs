// Headless Chromium for the browser clients: bundle with esbuild, serve from loopback, run checks in the page.
import http from 'node:http';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';
import { HERE, INSTALLED, ATTEMPTS } from './gpcheck.mjs';
const MIME = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.css': 'text/css',
  '.html': 'text/html',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
};

export async function bundle(name, entry) {
  const out = path.join(INSTALLED, 'dist', name);
  const lock = path.join(out, '.stamp');
  const stamp =
    fs.readFileSync(path.join(HERE, 'package.json'), 'utf8').length +
    ':' +
    fs.statSync(path.join(HERE, entry)).mtimeMs;
  if (fs.existsSync(lock) && fs.readFileSync(lock, 'utf8') === stamp) return out;
  fs.rmSync(out, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: { main: path.join(HERE, entry) },
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: out,
    target: 'es2022',
    logLevel: 'error',
    loader: { '.css': 'empty', '.wasm': 'file', '.svg': 'dataurl', '.png': 'dataurl' },
    absWorkingDir: HERE,
    nodePaths: [path.join(INSTALLED, 'node_modules')],
  });
  fs.writeFileSync(lock, stamp);
  return out;
}

export async function open({ dist, mounts = {}, html = '' }) {
  const srv = http.createServer((q, r) => {
    let p = decodeURIComponent(q.url.split('?')[0]);
    if (p === '/' || p === '/index.html') {
      r.setHeader('content-type', 'text/html');
      return r.end(
        `<!doctype html><meta charset=utf-8><title>gp</title>${html}<body><div id=map style="width:400px;height:300px"></div><script type=module>import * as M from '/dist/main.js'; window.M = M; window.ready = true;</script></body>`,
      );
    }
    for (const [m, dir] of Object.entries({ '/dist/': dist, ...mounts }))
      if (p.startsWith(m)) {
        const f = path.join(dir, path.normalize(p.slice(m.length)));
        if (f.startsWith(dir) && fs.existsSync(f) && fs.statSync(f).isFile()) {
          r.setHeader('content-type', MIME[path.extname(f)] || 'application/octet-stream');
          return fs.createReadStream(f).pipe(r);
        }
      }
    r.statusCode = 404;
    r.end();
  });
  await new Promise(k => srv.listen(0, '127.0.0.1', k));
  const port = srv.address().port;
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'gp-chromium-'));
  const ctx = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    chromiumSandbox: false,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-default-apps',
      '--disable-extensions',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--ignore-certificate-errors',
    ],
  });
  const page = ctx.pages()[0] || (await ctx.newPage());
  page.on('request', q => {
    const h = new URL(q.url()).hostname;
    if (h && !['127.0.0.1', 'localhost'].includes(h) && !/^(data|blob):/.test(q.url()))
      ATTEMPTS.add(h + ' ' + q.url().slice(0, 100));
  });
  await page.route('**/*', (rt, q) => {
    const u = new URL(q.url());
    return ['127.0.0.1', 'localhost', ''].includes(u.hostname) ? rt.continue() : rt.abort();
  });
  if (process.argv.includes('-v') || process.env.GP_CONSOLE)
    page.on('console', m => {
      if (['error', 'warning'].includes(m.type())) console.error('# console', m.text().slice(0, 200));
    });
  page.on('pageerror', e => console.error('# page error:', String(e).slice(0, 300)));
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.waitForFunction('window.ready === true', null, { timeout: 60000 });
  return {
    page,
    origin: `http://127.0.0.1:${port}`,
    close: async () => {
      await ctx.close().catch(() => {});
      srv.close();
      srv.closeAllConnections();
      fs.rmSync(profile, { recursive: true, force: true });
    },
  };
}
