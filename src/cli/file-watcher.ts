import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { watch } from 'chokidar';
import { type FileStamp, stampOf } from './file-stamp.js';

/** Editors write a file in several steps; they count as one change. */
const SETTLE_MS = 200;

/**
 * Watches single files, each from the state in which it was read: what changed before the watch began is a change too.
 * Folders are watched only for files that are replaced, or made: nothing else in them counts.
 */
export class FileWatcher {
  private readonly followed = new Map<string, FileStamp>();
  private readonly watcher = watch([], {
    depth: 0,
    ignored: (path, stats) => stats?.isFile() === true && !this.followed.has(path),
  });
  private timer: NodeJS.Timeout | null = null;

  /** @param onChange called with the path of one file that changed, was made or removed, once changes have settled */
  constructor(private readonly onChange: (path: string) => void) {
    this.watcher.on('all', (event, path) => {
      if (event === 'addDir' || event === 'unlink') this.lookForMissing(path);
      this.check(path);
    });
    this.watcher.on('error', (error) => console.error(`threadlog dev: cannot watch: ${String(error)}`));
  }

  /** Follows a file, which may not exist yet, from this state of it. */
  follow(stamp: FileStamp): void {
    const isNew = !this.followed.has(stamp.path);
    this.followed.set(stamp.path, stamp);
    // A new one is checked when its watch is in place, with the event that says so.
    if (isNew) this.place(stamp.path);
    else this.check(stamp.path);
  }

  /** Lets go of all other files. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of this.followed.keys()) {
      if (paths.has(path)) continue;
      this.followed.delete(path);
      this.watcher.unwatch(path);
    }
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    void this.watcher.close();
  }

  /** Watches the file, and its folder, or as much of the way to it as there is. */
  private place(path: string): void {
    let folder = dirname(path);
    while (!existsSync(folder) && folder !== dirname(folder)) folder = dirname(folder);
    this.watcher.add(folder);
    if (existsSync(path)) this.watcher.add(path);
  }

  private lookForMissing(changed: string): void {
    for (const path of this.followed.keys()) {
      if (path.startsWith(changed) || !existsSync(path)) this.place(path);
    }
  }

  private check(path: string): void {
    const stamp = this.followed.get(path);
    if (!stamp || stampOf(path).modified === stamp.modified) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onChange(path), SETTLE_MS);
  }
}
