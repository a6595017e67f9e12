import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { assistants } from './growth/assistants.js';
import { depth } from './growth/depth.js';
import { disk } from './growth/disk.js';
import { searches } from './growth/searches.js';
import { state } from './growth/state.js';
import type { Figures, Target } from './scenario.js';
import { single } from './scenarios/fanout.js';
import { watch } from './scenarios/readers.js';
import { talk } from './scenarios/threads.js';
import { ttfe } from './scenarios/ttfe.js';
import { inProject } from './servers/project.js';
import { startThreadlog } from './servers/threadlog.js';
import { warmUp } from './warm-up.js';

/*
 * How Threadlog's cost grows: npx tsx bench/growth.ts [--large] [--small]. Prints a line per measurement and writes
 * bench/results/growth.json. --large adds a thread of ten million events, which takes some minutes and 5 GB.
 */
const { values } = parseArgs({
  options: { large: { type: 'boolean', default: false }, small: { type: 'boolean', default: false } },
});
const results: Record<string, Figures[]> = {};
const began = loadavg()[0] as number;

function keep(name: string, figures: Figures): void {
  (results[name] ??= []).push(figures);
  console.log(
    name,
    JSON.stringify(figures, (_, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value)),
  );
}

async function onServer(env: Record<string, string>, measure: (target: Target) => Promise<void>): Promise<void> {
  const server = await startThreadlog({ env });
  try {
    await warmUp(server, values.small);
    await measure(server);
  } finally {
    await server.stop();
  }
}

await onServer({}, async (target) => {
  for (const count of values.small ? [1, 10] : [1, 10, 100, 300, 1_000])
    keep('readers', { readers: count, ...(await watch(target, count, 100)) });
  for (const count of values.small ? [1, 5] : [1, 10, 25, 50])
    keep('threads', { threads: count, ...(await talk(target, count, 100)) });
  for (const bytes of values.small ? [1e3] : [1e3, 1e4, 1e5, 1e6]) keep('state', await state(target, bytes));
});
for (const [index, DURABILITY] of ['process', 'power', 'process', 'power'].entries()) {
  await onServer({ DURABILITY }, async (target) => {
    keep(`durability ${DURABILITY}`, {
      round: index >> 1,
      ...(await single(target, values.small)),
      ...(await talk(target, 10, 100)),
      ...(await ttfe(target, values.small)),
    });
  });
}
keep('disk', await disk());
keep('assistants', await assistants(values.small ? 100 : 100_000));
for (const events of values.small ? [1e3] : [1e4, 1e6, ...(values.large ? [1e7] : [])])
  keep('depth', await depth(events));
for (const threads of values.small ? [1e3] : [1e3, 1e5]) keep('searches', await searches(threads));

mkdirSync(inProject('bench/results'), { recursive: true });
const load = { before: began, after: loadavg()[0] };
if (!values.small)
  writeFileSync(
    inProject('bench/results/growth.json'),
    `${JSON.stringify({ takenAt: new Date().toISOString(), load, results }, null, 2)}\n`,
  );
process.exit(0);
