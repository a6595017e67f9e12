import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, relative } from 'node:path';
import { readLanggraphConfig } from '../graphs/loading/config/langgraph-config.js';
import { type FileStamp, stampOf, type SupervisionMessage } from './file-stamp.js';
import { FileWatcher } from './file-watcher.js';

/** What to supervise. */
export interface SupervisedServer {
  /** Absolute path of the langgraph.json. */
  config: string;
  /** Absolute path of the file of settings, which may not exist. */
  settingsFile: string;
  /** `start` and its options, for the program that runs now. */
  startArguments: string[];
}

/**
 * Runs `threadlog start` as a child and starts it again when a file changes that it read: langgraph.json, `.env`, the
 * `env` file of langgraph.json, or a module of the user's own that was imported. A server that cannot start (a graph
 * with a syntax error) is tried again at the next change. Never returns: SIGTERM and SIGINT are handed on, and the
 * process ends with the child's status.
 */
export async function superviseServer(server: SupervisedServer): Promise<never> {
  const supervisor = new ServerSupervisor(server);
  supervisor.start();
  const signal = await Promise.race(
    (['SIGTERM', 'SIGINT'] as const).map(
      (name) => new Promise<NodeJS.Signals>((resolve) => process.on(name, () => resolve(name))),
    ),
  );
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
  private readonly watcher: FileWatcher;

  constructor(private readonly server: SupervisedServer) {
    this.watcher = new FileWatcher((path) => {
      console.error(`threadlog dev: ${relative(dirname(server.config), path)} changed, starting again`);
      void this.restart();
    });
  }

  start(): void {
    const read = new Set<string>();
    const follow = (stamp: FileStamp): void => {
      read.add(stamp.path);
      this.watcher.follow(stamp);
    };
    for (const path of this.configuredFiles()) follow(stampOf(path));
    const command = [...process.execArgv, process.argv[1] ?? '', ...this.server.startArguments];
    const child = spawn(process.execPath, command, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
    this.child = child;
    child.on('message', (message: SupervisionMessage) => {
      if (this.restarting) return;
      message.read?.forEach(follow);
      // Until it has started, a change of what the server before it had read may be what mends it.
      if (message.ready) this.watcher.keepOnly(read);
    });
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
    if (this.restarting || this.ended) return;
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
    this.watcher.close();
    this.signal(signal);
    return this.exited;
  }

  /** What is read besides modules; a langgraph.json that is broken names no `env` file. */
  private configuredFiles(): string[] {
    const files = [this.server.config, this.server.settingsFile];
    try {
      const { env } = readLanggraphConfig(this.server.config);
      return 'file' in env ? [...files, env.file] : files;
    } catch {
      return files;
    }
  }
}
