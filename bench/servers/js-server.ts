import { copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type MeasuredServer, launch } from './child-server.js';
import { inProject } from './project.js';

const PACKAGES = inProject('bench/peers/js/node_modules');
const GRAPH_FILES = ['firehose.ts', 'scripted-model.ts'];
/** What its own command line starts. */
const WORKERS = 10;

/** True when `npm run bench:peers` has installed the server. */
export function jsServerIsInstalled(): boolean {
  return existsSync(join(PACKAGES, '@langchain/langgraph-api/package.json'));
}

/**
 * Starts the stock JS server the way its command line does, in a folder of its own with the same graph beside its own
 * LangGraph, so that no second copy of it is loaded. It logs errors only: its default, every request, costs more.
 */
export async function startJsServer(): Promise<MeasuredServer> {
  const home = mkdtempSync(join(tmpdir(), 'threadlog-bench-js-'));
  for (const file of GRAPH_FILES) copyFileSync(inProject('examples', file), join(home, file));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
  symlinkSync(PACKAGES, join(home, 'node_modules'));
  const payload = {
    port: 0,
    nWorkers: WORKERS,
    host: '127.0.0.1',
    cwd: home,
    graphs: { firehose: './firehose.ts:graph' },
  };
  const url = (path: string): string => pathToFileURL(join(PACKAGES, path)).href;
  return launch({
    name: 'js',
    args: [
      '--import', url('tsx/dist/loader.mjs'), '--import', url('@langchain/langgraph-api/dist/preload.mjs'),
      inProject('bench/peers/js/serve.mjs'), JSON.stringify(payload),
    ],
    cwd: home,
    env: { LOG_LEVEL: 'error', LANGSMITH_TRACING: 'false' },
    address: (line) => /^ready at (\S+)$/.exec(line)?.[1] ?? null,
    cleanUp: () => rmSync(home, { recursive: true, force: true }),
  });
}
