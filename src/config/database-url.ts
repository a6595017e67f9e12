import { resolve } from 'node:path';

const LEGAL = 'must be sqlite:./relative/path.db or sqlite:///absolute/path.db';

/**
 * The absolute path of the SQLite file that a `DATABASE_URL` names.
 * The path is taken as it stands: no percent-decoding, no query.
 * @param url `sqlite:./relative.db`, `sqlite:../relative.db`, `sqlite:/absolute.db` or `sqlite:///absolute.db`
 * @param folder where a relative path starts
 * @throws Error whose message says what is legal
 */
export function databasePath(url: string, folder = '.'): string {
  if (/^postgres(ql)?:/i.test(url)) throw new Error(`PostgreSQL is not supported yet: ${LEGAL}`);
  const path = /^sqlite:(?:\/\/(?=\/))?((?:\.{1,2}\/|\/(?!\/))[^?#\0]*)$/.exec(url)?.[1];
  if (path === undefined || /(^|\/)\.{0,2}$/.test(path)) throw new Error(LEGAL);
  return resolve(folder, path);
}
