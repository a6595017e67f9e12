import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type RunningServer } from '../../src/cli/start.js';
import { Settings } from '../../src/config/settings.js';
import { PROJECT } from '../built-program.js';

export const EXAMPLES = join(PROJECT, 'examples/langgraph.json');
export const GATED = join(PROJECT, 'test/fixtures/gated/langgraph.json');

/** A whole server in this process, on a free port and with a database of its own in a temporary directory. */
export class TestServer {
  private constructor(
    private readonly directory: string,
    private readonly config: string,
    private readonly settings: Settings,
    private running: RunningServer,
  ) {}

  /** @param config path of the langgraph.json to serve */
  static async start(config = EXAMPLES, overrides: Partial<Settings> = {}): Promise<TestServer> {
    const directory = await mkdtemp(join(tmpdir(), 'threadlog-server-'));
    const own = {
      PORT: 0,
      DATABASE_URL: `sqlite://${directory}/threadlog.db`,
      LOG_LEVEL: 'error',
      SHUTDOWN_GRACE_MS: 1_000,
    };
    const settings = Object.assign(new Settings(), own, overrides);
    return new TestServer(directory, config, settings, await startServer({ config }, settings));
  }

  /** Base URL; another one after a restart. */
  get url(): string {
    return this.running.url;
  }

  /** Stops the server and starts it again on the same database, with other settings if some are given. */
  async restart(overrides: Partial<Settings> = {}): Promise<void> {
    await this.running.close();
    Object.assign(this.settings, overrides);
    this.running = await startServer({ config: this.config }, this.settings);
  }

  async close(): Promise<void> {
    await this.running.close();
    await rm(this.directory, { recursive: true, force: true });
  }
}
