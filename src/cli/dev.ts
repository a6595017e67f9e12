import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { DirectoryWatcher } from './directory-watcher.js';

/**
 * Runs `threadlog start` as a child and starts it again when a file in the directory of the configuration changes.
 * A server that cannot start (a graph with a syntax error) is tried again at the next change. Never returns: SIGTERM
 * and SIGINT are handed on, and the process ends with the child's status.
 * @param startArguments `start` and its options, for the program that runs now
 */
export async function superviseServer(config: string, startArguments: string[]): Promise<never> {
  const supervisor = new ServerSupervisor([...process.execArgv, process.argv[1] ?? '', ...startArguments]);
  const watcher = new DirectoryWatcher(dirname(config), (file) => {
    console.error(`threadlog dev: ${file} changed, starting again`);
    void supervisor.restart();
  });
  supervisor.start();
  const signal = await Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map((name) => new Promise<NodeJS.Signals>((resolve) => process.on(name, () => resolve(name)))),
  );
  watcher.close();
  // The second signal of an impatient user reaches the child too.
  process.on('SIGTERM', () => supervisor.signal('SIGTERM'));
  process.on('SIGINT', () => supervisor.signal('SIGINT'));
  process.exit(await supervisor.stop(signal));
}

/** One child process, never two at a time. */
class ServerSupervisor {
  private child: ChildProcess | null = null;
  private exited: Promise<number> = Promise.resolve(0);
  private restarting = false;
  private ended = false;

  constructor(private readonly command: string[]) {}

  start(): void {
    const child = spawn(process.execPath, this.command, { stdio: 'inherit' });
    this.child = child;
    this.exited = once(child, 'exit').then(([code]: (number | null)[]) => {
      this.child = null;
      if (!this.restarting && !this.ended) {
        console.error(`threadlog dev: the server ended (${code ?? 'killed'}); waiting for a change`);
      }
      return code ?? 1;
    });
  }

  /** Changes while the old server stops need no further restart: the new one reads the files afterwards. */
  async restart(): Promise<void> {
    if (this.restarting) return;
    this.restarting = true;
    this.signal('SIGTERM');
    await this.exited;
    this.restarting = false;
    if (!this.ended) this.start();
  }

  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Ends the child for good; its status. */
  async stop(signal: NodeJS.Signals): Promise<number> {
    this.ended = true;
    this.signal(signal);
    return this.exited;
  }
}
