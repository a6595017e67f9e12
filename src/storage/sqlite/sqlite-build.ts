import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The first Node whose headers make version 12 of better-sqlite3 abort, and the newest release known to be well. */
const FIRST_BAD = [24, 19] as const;
const LAST_GOOD = '24.18.1';
const AFFECTED_MAJOR = '12';

/**
 * Tells of a better-sqlite3 that ends the process at some garbage collection: version 12 of it, compiled on the spot
 * against the headers of Node 24.19 or later. Prebuilt ones, made with older headers, are well.
 * @param folder of the package; the one that this program loads by default
 * @returns null when all is well
 */
export function sqliteBuildWarning(folder = packageFolder(), nodeVersion = process.versions.node): string | null {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const gypFile = join(folder, 'build/config.gypi');
  // Only a build on the spot leaves this file behind.
  if (version.split('.')[0] !== AFFECTED_MAJOR || !existsSync(gypFile)) return null;
  const headers = headersVersion(readFileSync(gypFile, 'utf8')) ?? nodeVersion;
  const [major = 0, minor = 0] = headers.split('.').map(Number);
  if (major < FIRST_BAD[0] || (major === FIRST_BAD[0] && minor < FIRST_BAD[1])) return null;
  return (
    `better-sqlite3 ${version} was compiled against the headers of Node ${headers} and may end the process at any garbage ` +
    `collection: use Node ${LAST_GOOD} or 22, or compile it against their headers (npm_config_nodedir=<prefix> npm rebuild better-sqlite3)`
  );
}

/**
 * What to do about an error that says that the native part of better-sqlite3 is missing or made for another Node; else
 * null.
 */
export function nativePartFault(error: unknown): string | null {
  const { message = '', code } = (error ?? {}) as { message?: string; code?: unknown };
  const isMissing = message.startsWith('Could not locate the bindings file');
  if (!isMissing && code !== 'ERR_DLOPEN_FAILED') return null;
  const fault = isMissing
    ? 'has no native part, because its install script did not run'
    : `cannot be loaded by Node ${process.versions.node}`;
  return `better-sqlite3 ${fault}: run "npm rebuild better-sqlite3", after "npm install-scripts approve better-sqlite3" where npm asks for it`;
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
}

/** The version of the headers that a build names; null when they are not there any more. */
function headersVersion(config: string): string | null {
  const folder = /"nodedir":\s*"([^"]+)"/.exec(config)?.[1];
  const header = join(folder ?? '', 'include/node/node_version.h');
  if (folder === undefined || !existsSync(header)) return null;
  const text = readFileSync(header, 'utf8');
  const part = (name: string): string => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(text)?.[1] ?? '0';
  return ['MAJOR', 'MINOR', 'PATCH'].map(part).join('.');
}
