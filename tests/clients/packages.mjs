// node --import ./packages.mjs …: bare imports (`esbuild`, `@arcgis/core/…`) are looked up in the tools folder,
// so that nothing is installed into the tree.
import { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
const tools = process.env.GP_TOOLS || path.join(import.meta.dirname, '../../.tools');
const parent = pathToFileURL(path.join(tools, 'clients', 'package.json')).href;
const hook = `export const resolve = (name, context, next) =>
  next(name, /^[@a-z]/.test(name) && !name.includes(':') && context.parentURL?.startsWith(${JSON.stringify(new URL('.', import.meta.url).href)})
    ? { ...context, parentURL: ${JSON.stringify(parent)} } : context);`;
register('data:text/javascript,' + encodeURIComponent(hook));
