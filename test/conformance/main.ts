import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { ALL_CASES } from './all-cases.js';
import { groupOf, runKit } from './run-kit.js';
import { report } from './report.js';
import { restarter } from './restart-command.js';

interface Options {
  url: string;
  header: string[];
  restartCommand?: string;
  group?: string;
  case?: string;
  json?: string;
  concurrency: number;
}

const collect = (value: string, all: string[]): string[] => [...all, value];

/** commander names the option when this throws. */
function count(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 99.');
  return Number(text);
}

const program = new Command('conformance')
  .description('Judges a server of the Agent Protocol that serves the graphs of examples/ (docs/conformance.md).')
  .requiredOption('--url <url>', 'base URL of the server')
  .option('--header <name: value>', 'a header for every request, such as a key; may be given often', collect, [])
  .option(
    '--restart-command <command>',
    'ends the server and starts it on the same data; without it that group is skipped',
  )
  .option('--group <name>', 'only this group')
  .option('--case <text>', 'only cases whose id contains the text')
  .option('--json <file>', 'also writes the results to a file')
  .option('--concurrency <n>', 'cases at the same time', count, 8)
  .parse();
const options = program.opts<Options>();

const chosen = ALL_CASES.filter(
  ({ id }) =>
    (options.group === undefined || groupOf(id) === options.group) &&
    (options.case === undefined || id.includes(options.case)),
);
if (chosen.length === 0)
  program.error(
    `error: no such case; the groups are ${[...new Set(ALL_CASES.map(({ id }) => groupOf(id)))].join(', ')}`,
  );
const target = {
  url: options.url.replace(/\/$/, ''),
  headers: Object.fromEntries(options.header.map((line) => {
    const [name = '', ...value] = line.split(':');
    return [name.trim().toLowerCase(), value.join(':').trim()];
  })),
};
const started = Date.now();
const results = await runKit(chosen, {
  target,
  restart: options.restartCommand === undefined ? null : restarter(options.restartCommand, target),
  concurrency: options.concurrency,
});
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(results, null, 1)}\n`);
console.log(report(results));
console.log(`\n${results.length} cases in ${((Date.now() - started) / 1000).toFixed(1)} s`);
process.exit(results.some(({ outcome }) => outcome === 'failed') ? 1 : 0);
