import { type FSWatcher, readdirSync, statSync, watch } from 'node:fs';
import { join, relative } from 'node:path';

/** Editors write a file in several steps; they count as one change. */
const SETTLE_MS = 200;
const IGNORED_DIRECTORIES = /^(node_modules|dist|coverage|\..*)$/;
/** What a running server writes, and what editors leave behind. */
const IGNORED_FILES = /(\.(db|sqlite3?)([-.].*)?|\.log|~|\.sw.|\.tmp|^4913)$/;

/**
 * Watches the source files below a directory. One watcher per directory, not `recursive`: that one follows every file
 * of node_modules on Linux and runs into the system's limit.
 */
export class DirectoryWatcher {
  private readonly watchers = new Map<string, FSWatcher>();
  private timer: NodeJS.Timeout | null = null;

  /** @param onChange called with the path, relative to `root`, of one file that changed, once changes have settled */
  constructor(private readonly root: string, private readonly onChange: (file: string) => void) {
    this.add(root);
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }

  private add(directory: string): void {
    if (this.watchers.has(directory)) return;
    const watcher = watch(directory, (_event, name) => this.changed(directory, name));
    watcher.on('error', () => this.remove(directory));
    this.watchers.set(directory, watcher);
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory() && !IGNORED_DIRECTORIES.test(entry.name)) this.add(join(directory, entry.name));
    }
  }

  private remove(directory: string): void {
    this.watchers.get(directory)?.close();
    this.watchers.delete(directory);
  }

  private changed(directory: string, name: string | null): void {
    if (name === null) return;
    const path = join(directory, name);
    const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? this.watchers.has(path);
    if ((isDirectory ? IGNORED_DIRECTORIES : IGNORED_FILES).test(name)) return;
    if (isDirectory) this.directoryChanged(path);
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onChange(relative(this.root, path)), SETTLE_MS);
  }

  private directoryChanged(path: string): void {
    try {
      this.remove(path);
      this.add(path);
    } catch {
      // It is gone already; its parent tells of that.
      this.remove(path);
    }
  }
}
