import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stampOf } from './file-stamp.js';
import { FileWatcher } from './file-watcher.js';

describe('FileWatcher', () => {
  let folder: string;
  let watcher: FileWatcher;
  const changes: string[] = [];
  let wake: () => void = () => undefined;

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'file-watcher-')));
    changes.length = 0;
    watcher = new FileWatcher((path) => {
      changes.push(path.slice(folder.length + 1));
      wake();
    });
  });
  afterEach(() => {
    watcher.close();
    rmSync(folder, { recursive: true });
  });

  const at = (path: string): string => join(folder, path);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), text);
  };
  const follow = (path: string): void => watcher.follow(stampOf(at(path)));
  /** The next change; as a server that starts again does, the file is then followed from its new state. */
  const next = async (): Promise<string> => {
    while (changes.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const path = changes.shift() as string;
    follow(path);
    return path;
  };

  it('tells of a change from before the watch was in place', async () => {
    write('a.ts', '1');
    const read = stampOf(at('a.ts'));
    write('a.ts', 'longer');
    watcher.follow(read);
    expect(await next()).toBe('a.ts');
  });

  it('tells of a file that is written, replaced, removed, and back, again and again', async () => {
    write('a.ts', '1');
    follow('a.ts');
    const replace = (): void => {
      write('a.ts.tmp', '3');
      renameSync(at('a.ts.tmp'), at('a.ts'));
    };
    for (const change of [
      () => write('a.ts', '2'),
      replace,
      () => write('a.ts', '4'),
      replace,
      () => rmSync(at('a.ts')),
      () => write('a.ts', '5'),
    ]) {
      change();
      expect(await next()).toBe('a.ts');
    }
  });

  it('tells of a file that is made, also in a folder that was not there', async () => {
    follow('missing.ts');
    follow('not/there/missing.ts');
    for (const path of ['missing.ts', 'not/there/missing.ts']) {
      write(path, '1');
      expect(await next()).toBe(path);
    }
  });

  it('tells of no other file, and of none that it let go', async () => {
    for (const path of ['a.ts', 'b.ts', 'c.ts']) write(path, '1');
    for (const path of ['a.ts', 'b.ts']) follow(path);
    write('a.ts', '2');
    expect(await next()).toBe('a.ts');
    watcher.keepOnly(new Set([at('a.ts')]));
    // The last change that counts is the one that is told.
    for (const path of ['a.ts', 'b.ts', 'c.ts']) write(path, '3');
    expect(await next()).toBe('a.ts');
  });
});
