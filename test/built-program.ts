import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseLock } from '../src/storage/sqlite/database-lock.js';

export const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(PROJECT, 'dist/src/main.js');

/**
 * The path of the compiled program, for tests that need a real process. Built first when a source is newer; one test
 * file builds while the others wait.
 */
export async function builtProgram(): Promise<string> {
  const lock = await DatabaseLock.acquire([join(PROJECT, 'node_modules/.cache/threadlog-build')], { waitMs: 110_000 });
  try {
    if (isStale()) build();
    return MAIN;
  } finally {
    lock.release();
  }
}

function isStale(): boolean {
  if (!existsSync(MAIN)) return true;
  const built = statSync(MAIN).mtimeMs;
  return ['src', 'migrations', 'tsconfig.json', 'tsconfig.build.json'].some((entry) =>
    changedSince(join(PROJECT, entry), built),
  );
}

function changedSince(path: string, time: number): boolean {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs > time;
  return readdirSync(path)
    .filter((name) => !name.endsWith('.spec.ts'))
    .some((name) => changedSince(join(path, name), time));
}

function build(): void {
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
    {
      cwd: PROJECT,
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`the sources do not compile:\n${stdout}`);
}
