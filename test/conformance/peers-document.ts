import { countGroups } from './report.js';
import type { CaseResult } from './run-kit.js';

/** A server and how it did. */
export interface JudgedServer {
  readonly title: string;
  readonly results: readonly CaseResult[];
}

const INTRODUCTION = `# Conformance

The kit in \`test/conformance/\` judges any server of the Agent Protocol's streaming part. It speaks HTTP, SSE and WebSocket
only, and needs a server that serves the graphs of \`examples/\` (or their like in Python,
\`test/conformance/peers/python/graphs.py\`).

\`\`\`sh
npm run conformance -- --url http://127.0.0.1:8123
\`\`\`

| option | meaning |
|---|---|
| \`--url\` | base URL of the server |
| \`--header 'name: value'\` | a header for every request, such as a key; may be given often |
| \`--restart-command\` | a command that ends the server and starts it on the same data; without it the restart group is skipped |
| \`--group\`, \`--case\` | only this group; only cases whose id contains the text |
| \`--json\` | also writes the results to a file |
| \`--concurrency\` | cases at the same time, 8 by default |

It prints the table and each failure with the rule and its source, and ends with 0 only if nothing failed. All waits have
limits, since a server that is judged may never answer.

## What is a case

Each case rests on a public rule: the protocol's CDDL, the WHATWG and RFC texts below it, or what a released client does with
what it gets, with its version. Where the protocol is silent and no client cares, there is no case. Headers and settings of
one server are no cases. Some rules of the CDDL are left out because released clients rely on the opposite, or on nothing:

- "The first event replayed is the current full state" (CDDL, 12): clients read the state over REST.
- "Blocks must not interleave" (CDDL, 8): \`@langchain/core\` itself interleaves them, clients go by \`index\`.
- Which status a malformed request has, beyond being a 4xx.

A case that cannot apply, such as one of a REST route that the server does not have, is skipped, and says so.
`;

/** The text of docs/conformance.md. */
export function conformanceDocument(judged: readonly JudgedServer[], date: Date): string {
  return [
    INTRODUCTION,
    `## Results\n\n${date.toISOString().slice(0, 10)}, Node ${process.versions.node}, written by \`npm run conformance:peers\`. Passed / failed / skipped:\n`,
    table(judged),
    ...notes(judged),
    ...judged.map(failures),
    ...judged.map(skipped),
  ].filter((part) => part !== '').join('\n');
}

function table(judged: readonly JudgedServer[]): string {
  const counts = judged.map(({ results }) => countGroups(results));
  const rows = (counts[0] ?? []).map(({ group }) => {
    const cells = counts
      .map((all) => all.find((count) => count.group === group))
      .map((count) => `${count?.passed} / ${count?.failed} / ${count?.skipped}`);
    return `| ${[group, ...cells].join(' | ')} |`;
  });
  return [
    `| group | ${judged.map(({ title }) => title).join(' | ')} |`,
    `|---|${judged.map(() => '---|').join('')}`,
    ...rows,
    '',
  ].join('\n');
}

const NOTES: [RegExp, string][] = [
  [
    /^@langchain\/langgraph-api/,
    'The stock JavaScript server keeps its event log in memory: after a restart the threads are there, their events are not. It ' +
      'fixes the transport of a thread by its first contact (SSE or WebSocket), which explains most of what fails with sockets.',
  ],
  [
    /Python/,
    'The platform server was run with its in-memory runtime, as `langgraph dev` starts it; its event log is not kept over a restart, ' +
      'and other runtimes of it were not judged. The graphs are compiled plainly: it then sends no `custom`, `updates`, `checkpoints`, `tasks` and `tools` ' +
      'events. A command on a busy thread waits up to 5 seconds in it.',
  ],
];

function notes(judged: readonly JudgedServer[]): string[] {
  return judged.flatMap(({ title }) => NOTES.filter(([known]) => known.test(title)).map(([, text]) => `${text}\n`));
}

const cell = (text: string): string => {
  const short = text.length > 160 ? `${text.slice(0, 160)}…` : text;
  return short.replaceAll('|', '\\|').replaceAll('\n', ' ').replace(/[<>{}]/g, (sign) => `\\${sign}`);
};

function failures({ title, results }: JudgedServer): string {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  if (failed.length === 0) return '';
  const rules = new Map<string, { source: string; cases: CaseResult[] }>();
  for (const one of failed) {
    const known = rules.get(one.rule.text) ?? { source: one.rule.source, cases: [] };
    known.cases.push(one);
    rules.set(one.rule.text, known);
  }
  const parts = [...rules].map(([text, { source, cases }]) =>
    [
      `**${text}** *(${source})*`,
      '',
      '| case | found |',
      '|---|---|',
      ...cases.map(({ id, why }) => `| \`${id}\` | ${cell(why)} |`),
      '',
    ].join('\n'),
  );
  return [`## Rules that ${title} breaks`, '', ...parts].join('\n');
}

function skipped({ title, results }: JudgedServer): string {
  const all = results.filter(({ outcome }) => outcome === 'skipped');
  if (all.length === 0) return '';
  const why = (text: string): string => cell(text.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id'));
  return [`## Skipped for ${title}`, '', ...all.map((one) => `- \`${one.id}\`: ${why(one.why)}`), ''].join('\n');
}
