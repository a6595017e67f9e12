import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type MeasuredServer, launch } from './child-server.js';
import { PROJECT, inProject } from './project.js';

/** How a start may differ from `npm start`. */
export interface ThreadlogOptions {
  /** Folder of a database that is there already; otherwise a new one is made, and removed at the end. */
  readonly folder?: string;
  readonly env?: Record<string, string>;
  /** Options of node itself, such as --cpu-prof. */
  readonly nodeOptions?: readonly string[];
}

/** Starts the build as `npm start` does: SQLite on the disk, and what was seen survives the end of the process. */
export async function startThreadlog({
  folder,
  env,
  nodeOptions = [],
}: ThreadlogOptions = {}): Promise<MeasuredServer> {
  const main = inProject('dist/src/main.js');
  if (!existsSync(main)) throw new Error('there is no build: run `npm run build` first');
  const home = folder ?? mkdtempSync(join(tmpdir(), 'threadlog-bench-'));
  return launch({
    name: 'threadlog',
    args: [...nodeOptions, main, 'start', '--config', inProject('examples/langgraph.json')],
    cwd: PROJECT,
    env: {
      PORT: '0',
      HOST: '127.0.0.1',
      DURABILITY: 'process',
      DATABASE_URL: `sqlite://${join(home, 'threadlog.db')}`,
      ...env,
    },
    address: (line) => /"url":"([^"]+)"/.exec(line)?.[1] ?? null,
    cleanUp: () => {
      if (folder === undefined) rmSync(home, { recursive: true, force: true });
    },
  });
}
