import { mkdirSync, writeFileSync } from 'node:fs';
import { GOALS, type Goal } from '../goals.js';
import { median } from '../measure.js';
import { inProject } from '../servers/project.js';
import type { Measurement } from './measurement.js';
import { number } from './table.js';

const FOLDER = inProject('docs/performance');
const WIDTH = 640;
const BAR = 26;
const GAP = 14;
const LEFT = 110;
const RIGHT = 90;
const TOP = 44;
const COLOURS: Record<string, string> = { threadlog: '#2563eb', js: '#d97706', native: '#6b7280', floor: '#9ca3af' };
const NAMES: Record<string, string> = { threadlog: 'Threadlog', js: 'JS server', native: 'native', floor: 'floor' };

/** Draws the first figure of each scenario that was measured: a bar is the median, a dot a round. Returns the names. */
export function writePlots(measured: Measurement): string[] {
  mkdirSync(FOLDER, { recursive: true });
  const first = GOALS.filter((goal, index) => GOALS.findIndex(({ scenario }) => scenario === goal.scenario) === index);
  return first.flatMap((goal) => {
    const svg = plot(goal, measured);
    if (svg === null) return [];
    writeFileSync(`${FOLDER}/${goal.scenario}.svg`, svg);
    return [goal.scenario];
  });
}

function plot(goal: Goal, { samples }: Measurement): string | null {
  const bars = Object.keys(NAMES).flatMap((server) => {
    const values = samples[server]?.[goal.scenario]?.[goal.figure];
    return values && values.length > 0 ? [{ server, values, middle: median(values) }] : [];
  });
  // The floor makes one thing only, and would press everything else against the axis.
  const shown = bars.filter(({ server }) => server !== 'floor');
  if (shown.length === 0) return null;
  const most = Math.max(...shown.flatMap(({ values }) => values)) || 1;
  const x = (value: number): number => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const height = TOP + shown.length * (BAR + GAP) + 6;
  const rows = shown.map(({ server, values, middle }, index) => {
    const y = TOP + index * (BAR + GAP);
    const dots = values.map(
      (value) => `<circle cx="${x(value).toFixed(1)}" cy="${y + BAR / 2}" r="2.5" fill="#111" fill-opacity="0.55"/>`,
    );
    return [
      `<text x="${LEFT - 8}" y="${y + BAR / 2 + 4}" text-anchor="end">${NAMES[server]}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(middle) - LEFT).toFixed(1)}" height="${BAR}" fill="${COLOURS[server]}"/>`,
      ...dots,
      `<text x="${(Math.max(x(middle), ...values.map(x)) + 8).toFixed(1)}" y="${y + BAR / 2 + 4}">${number(middle)}</text>`,
    ].join('\n');
  });
  const title = `${goal.label.replaceAll('`', '')} (${goal.unit}, ${goal.better} is better)`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="12" y="24" font-size="14" font-weight="bold">${title}</text>`,
    ...rows,
    '</svg>\n',
  ].join('\n');
}
