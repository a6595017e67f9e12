import { readFileSync, writeFileSync } from 'node:fs';
import { GOALS, type Goal } from '../goals.js';
import { inProject } from '../servers/project.js';
import { type Measurement, figureOf } from './measurement.js';

const PAGE = inProject('docs/performance.md');
const BEGIN = '<!-- npm run bench writes from here -->';
const END = '<!-- to here -->';

interface Verdict {
  readonly ratio: number | null;
  readonly goal: string;
  /** Null when it cannot be told. */
  readonly met: boolean | null;
}

/** Compares a figure with its goal. */
export function verdict(goal: Goal, measured: Measurement): Verdict {
  const { scenario, figure, better } = goal;
  const ours = figureOf(measured.samples, 'threadlog', scenario, figure);
  const theirs = figureOf(measured.samples, 'js', scenario, figure);
  const native = figureOf(measured.samples, 'native', scenario, figure);
  const reaches = (value: number, limit: number): boolean => (better === 'more' ? value >= limit : value <= limit);
  const sign = better === 'more' ? '≥' : '≤';
  const parts: { text: string; met: boolean | null }[] = [];
  if (goal.times !== undefined) {
    parts.push({
      text: `${sign} ${goal.times} ×`,
      met: ours !== null && theirs !== null ? reaches(ours / theirs, goal.times) : null,
    });
  }
  if (goal.absolute !== undefined) {
    parts.push({
      text: `${sign} ${number(goal.absolute)} ${goal.unit}`,
      met: ours === null ? null : reaches(ours, goal.absolute),
    });
  }
  if (goal.ofNative !== undefined) {
    const met = ours !== null && native !== null ? ours / native >= goal.ofNative : null;
    parts.push({ text: `≥ ${goal.ofNative * 100} % of native`, met });
  }
  const mets = parts.map(({ met }) => met);
  return {
    ratio: ours !== null && theirs !== null ? ours / theirs : null,
    goal: parts.map(({ text }) => text).join(', '),
    met: mets.length === 0 || mets.includes(null) ? null : mets.every(Boolean),
  };
}

/** The table as Markdown. */
export function markdownTable(measured: Measurement): string {
  const rows = GOALS.map((goal) => {
    const { ratio, goal: wanted, met } = verdict(goal, measured);
    const cell = (server: string): string => {
      const value = figureOf(measured.samples, server, goal.scenario, goal.figure);
      return value === null ? '–' : number(value);
    };
    const mark = met === null ? '' : met ? ' ✓' : ' ✗';
    const times = ratio === null ? '–' : `${number(ratio)} ×`;
    return `| ${goal.label} | ${goal.unit} | ${cell('threadlog')} | ${cell('js')} | ${times} | ${wanted}${mark} | ${cell('native')} | ${cell('floor')} |`;
  });
  return [
    '| | unit | Threadlog | JS server | ratio | goal | native | floor |',
    '|---|---|---:|---:|---:|---|---:|---:|',
    ...rows,
  ].join('\n');
}

/** Puts the table and its circumstances into docs/performance.md, between the marks. */
export function writeTable(measured: Measurement, plots: readonly string[]): void {
  const { machine, loopMs, rounds, notes } = measured;
  const text = [
    `Taken ${measured.takenAt.slice(0, 16).replace('T', ' ')} UTC on ${machine.cpus} × ${machine.model}, Node ${machine.node}: ` +
      `medians of ${rounds} alternating rounds in ${Math.round(measured.seconds)} s. Before the rounds the same loop took ` +
      `${Math.round(Math.min(...loopMs))} to ${Math.round(Math.max(...loopMs))} ms: so much the machine itself changed.`,
    ...notes,
    '',
    markdownTable(measured),
    '',
    ...plots.map((name) => `![${name}](performance/${name}.svg)`),
  ].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before === -1 || after < before)
    throw new Error(`docs/performance.md has no place for the table (${BEGIN} … ${END})`);
  writeFileSync(PAGE, `${page.slice(0, before + BEGIN.length)}\n${text}\n${page.slice(after)}`);
}

/** Three digits that count, with separators. */
export function number(value: number): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: digits });
}
