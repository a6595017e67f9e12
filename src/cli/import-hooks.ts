import type { LoadHook, ResolveHook } from 'node:module';
import { dirname, extname, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import { stampOf } from './file-stamp.js';

/** Hooks of Node's module loader, in a thread of their own: they tell of every file that is imported. */

let port: MessagePort;

export function initialize(data: { port: MessagePort }): void {
  port = data.port;
}

/** An import that leads nowhere: somebody will make that file. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    const parent = context.parentURL?.startsWith('file:') ? dirname(fileURLToPath(context.parentURL)) : null;
    if (parent !== null && /^\.{1,2}\//.test(specifier)) candidates(resolvePath(parent, specifier)).forEach(tell);
    else if (specifier.startsWith('file:')) candidates(fileURLToPath(specifier)).forEach(tell);
    throw error;
  }
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (url.startsWith('file:')) tell(fileURLToPath(url));
  return nextLoad(url, context);
};

/** What could be made for an import to lead somewhere: TypeScript is imported under the name of what it compiles to. */
function candidates(path: string): string[] {
  if (!extname(path)) return ['', '.ts', '.tsx', '.js', '.mts', '.mjs'].map((extension) => path + extension);
  return [path, ...(/\.[cm]?js$/.test(path) ? [path.replace(/js$/, 'ts'), path.replace(/js$/, 'tsx')] : [])];
}

/** Before it is read: what changes afterwards differs from this stamp. */
function tell(path: string): void {
  port.postMessage(stampOf(path));
}
