import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtProgram, PROJECT } from '../built-program.js';
import { ChildProgram } from '../child-program.js';

const READY = 'Threadlog is ready at ';

/**
 * A database folder of a test's own, and the real servers that were started on it, one after the other or at once.
 * `dispose` ends those that still run and removes the folder.
 */
export class ServerHome {
  readonly folder = mkdtempSync(join(tmpdir(), 'threadlog-server-'));
  readonly databasePath = join(this.folder, 'threadlog.db');
  private readonly servers: ServerProcess[] = [];

  /** @param config langgraph.json to serve, absolute or from the project's folder */
  constructor(private readonly config: string, private readonly settings: Record<string, string> = {}) {}

  /** Starts a server process on this database; does not wait for it. */
  async spawn(settings: Record<string, string> = {}): Promise<ServerProcess> {
    const env = { PORT: '0', DATABASE_URL: `sqlite://${this.databasePath}`, ...this.settings, ...settings };
    const args = [await builtProgram(), 'start', '--config', this.config];
    const server = new ServerProcess(new ChildProgram(process.execPath, args, { cwd: PROJECT, env }));
    this.servers.push(server);
    return server;
  }

  /** Starts a server process and waits until it says that it is ready. */
  async start(settings: Record<string, string> = {}): Promise<ServerProcess> {
    const server = await this.spawn(settings);
    await server.ready();
    return server;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One server process: `dist/src/main.js start`, reached over real sockets, ended by its own process id only. */
export class ServerProcess {
  private base: string | null = null;

  constructor(readonly program: ChildProgram) {}

  /** Base URL of a server that is ready. */
  get url(): string {
    if (this.base === null) throw new Error('the server has not said that it is ready');
    return this.base;
  }

  /** Waits for the ready line. Fails, with all output, when the process ends before it. */
  async ready(): Promise<void> {
    this.base = (JSON.parse(await this.program.line(READY)) as { url: string }).url;
  }

  /** `kill -9`, and waits for the end. */
  async kill(): Promise<void> {
    await this.program.kill();
  }

  /** SIGTERM, and waits for the end. @returns the exit status */
  async stop(): Promise<number | NodeJS.Signals> {
    this.program.signal('SIGTERM');
    return this.program.ended;
  }
}
