import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { loopMs, othersShare } from './measure.js';
import type { Measurement, Rounds } from './report/measurement.js';
import { writePlots } from './report/plot.js';
import { markdownTable, writeTable } from './report/table.js';
import { SCENARIOS, playRound } from './rounds.js';
import { jsServerIsInstalled } from './servers/js-server.js';
import { inProject } from './servers/project.js';

/*
 * npm run bench [-- --rounds 5] [--only fanout,single] [--alone] [--small]
 * Measures Threadlog and, when `npm run bench:peers` has installed it, the stock JS server, one after the other, round
 * by round, and prints medians and ratios. Fails only when something could not be measured.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    only: { type: 'string' },
    alone: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
  },
});
/** No new round begins after this many seconds, so that the whole stays under ten minutes. */
const LAST_START_SECONDS = 450;

/** Share of the processor time that others use above which the figures are marked as taken on a busy machine. */
const QUIET_SHARE = 0.15;

const all = [...Object.keys(SCENARIOS), 'idle'];
const scenarios = values.only?.split(',') ?? all;
const unknown = scenarios.filter((name) => !all.includes(name));
if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(', ')}; there are ${all.join(', ')}`);
const wanted = Math.max(1, Number(values.rounds));
const withJsServer = !values.alone && jsServerIsInstalled();
const notes = withJsServer ? [] : ['The JS server was not measured: `npm run bench:peers` installs it.'];

const began = performance.now();
const seconds = (): number => (performance.now() - began) / 1_000;
const others = await othersShare();
if (others > QUIET_SHARE) {
  notes.push(
    '**Other work used the machine meanwhile.** The server and the client had less than a core each: figures that need both cores ' +
      '(threads, latencies, shares of native) are worse than this machine gives, and only ratios of CPU and memory are to be trusted.',
  );
}
const samples: Rounds = {};
const loops: number[] = [];
let rounds = 0;
while (rounds < wanted && seconds() < LAST_START_SECONDS) {
  loops.push(loopMs());
  await playRound(
    samples,
    { scenarios, withJsServer, small: values.small, say: (line) => console.log(`${rounds + 1}: ${line}`) },
    rounds,
  );
  rounds += 1;
}

const measured: Measurement = {
  takenAt: new Date().toISOString(),
  machine: { cpus: cpus().length, model: cpus()[0]?.model ?? 'unknown', node: process.version },
  othersShare: others,
  loopMs: loops,
  rounds,
  seconds: seconds(),
  notes,
  samples,
};
console.log(`\n${[...notes, markdownTable(measured)].join('\n')}`);
if (values.only === undefined && !values.small) {
  mkdirSync(inProject('bench/results'), { recursive: true });
  writeFileSync(inProject('bench/results/latest.json'), `${JSON.stringify(measured, null, 2)}\n`);
  writeTable(measured, writePlots(measured));
  console.log('\nWritten: bench/results/latest.json, docs/performance.md, docs/performance/*.svg');
}
process.exit(0);
