import { accessSync, constants, statSync } from 'node:fs';

/** Which file a path named: device and inode. */
type Identity = string;

/**
 * Files that the process has open and that must stay where they are. One that was deleted, moved or replaced can be
 * written on as if nothing had happened, and all of it is lost with the process.
 */
export class WatchedFiles {
  private readonly identities = new Map<string, Identity>();

  /** From now on the path must name the file that it names now. */
  watch(path: string): void {
    const identity = identityOf(path);
    if (identity) this.identities.set(path, identity);
  }

  /** What is wrong with the files now, or null. A few system calls. */
  fault(): Error | null {
    for (const [path, identity] of this.identities) {
      try {
        if (identityOf(path) !== identity)
          return new Error(
            `${path} was deleted, moved or replaced while the server has it open: put it back, or start the server again`,
          );
        accessSync(path, constants.W_OK);
      } catch (error) {
        // Permissions do not matter to a file that is open already; a file system that became read-only does.
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'EROFS') return new Error(`the file system of ${path} is read-only`, { cause: error });
      }
    }
    return null;
  }
}

function identityOf(path: string): Identity | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats ? `${stats.dev}:${stats.ino}` : null;
}
