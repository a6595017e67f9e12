import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this program: its own frames in a stack are no news to the author of a graph. */
const OWN_FOLDER = fileURLToPath(new URL('../..', import.meta.url));

/** `/file.ts:3:7`, `file:///file.ts:3` or `C:\file.ts:3:7` at the end of a line of a stack, in parentheses or not. */
const FRAME = /(?:^|\(|at (?:async )?)((?:file:\/\/|\/|[A-Za-z]:[\\/])[^()]*?)(?:\?[^:]*)?:(\d+)(?::(\d+))?\)?$/;

/** `import ... from './file.js'`, `import('./file.js')`, `require('./file.js')` with the specifier as first group. */
const IMPORT = /(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Files that are looked through for a syntax error of which Node does not say where it is. */
const MAX_CHECKED_FILES = 100;

/**
 * Where in the user's own code an error of an import comes from, as `/absolute/file.ts:line`: the first frame of its
 * stack outside of packages and of this program, the line of an import that leads nowhere, or the place of a syntax
 * error.
 * @param entry the absolute path of the file that was to be imported
 * @returns null when it cannot be told, or when the message says it already
 */
export function locationInUserCode(error: unknown, entry: string): string | null {
  if (!(error instanceof Error)) return null;
  // What cannot be compiled from TypeScript says so itself: "/file.ts:3:20: ERROR: Unexpected ...".
  if (/^\S.*:\d+:\d+: ERROR: /m.test(error.message)) return null;
  return frameInUserCode(error) ?? missingImport(error) ?? (error instanceof SyntaxError ? syntaxError(entry) : null);
}

function frameInUserCode({ stack = '', message }: Error): string | null {
  // The message may hold anything, also what looks like a frame.
  for (const line of stack.replace(message, '').split('\n')) {
    const [, file = '', row = '', column] = FRAME.exec(line.trim()) ?? [];
    const path = file.startsWith('file:') ? fileURLToPath(file) : file;
    if (path === '' || path.includes(`${sep}node_modules${sep}`) || path.startsWith(OWN_FOLDER)) continue;
    return [path, row, ...(column === undefined ? [] : [column])].join(':');
  }
  return null;
}

/** Node names the file that imports what is not there, and not the line. */
function missingImport({ message }: Error): string | null {
  const [, wanted, importer] = /^Cannot find (?:module|package) '([^']+)' imported from (.+)$/m.exec(message) ?? [];
  if (wanted === undefined || importer === undefined) return null;
  const file = importer.startsWith('file:') ? fileURLToPath(importer) : importer;
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) =>
    [...line.matchAll(IMPORT)].some(([, name = '']) => name === wanted || resolve(dirname(file), name) === wanted),
  );
  return index < 0 ? file : `${file}:${index + 1}`;
}

/**
 * Node does not say in which ES module a syntax error is: each file that the entry leads to is checked until it is
 * found.
 */
function syntaxError(entry: string): string | null {
  const files = [realpathSync(entry)];
  for (let index = 0; index < files.length && index < MAX_CHECKED_FILES; index += 1) {
    const file = files[index] as string;
    const { status, stderr } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    const first = stderr.split('\n')[0] ?? '';
    if (status !== 0 && FRAME.test(first)) return first.startsWith('file:') ? fileURLToPath(first) : first;
    files.push(...importedFiles(file).filter((imported) => !files.includes(imported)));
  }
  return null;
}

function importedFiles(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(IMPORT)]
    .map(([, name = '']) => name)
    .filter((name) => /^\.{1,2}\//.test(name))
    .map((name) => resolve(dirname(file), name))
    .filter((path) => /\.[mc]?js$/.test(path) && statSync(path, { throwIfNoEntry: false })?.isFile());
}
