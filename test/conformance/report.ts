import type { CaseResult, Outcome } from './run-kit.js';

/** Passed, failed and skipped cases of one group. */
export interface GroupCount extends Record<Outcome, number> {
  readonly group: string;
}

/** The counts of each group in the order of the results, and `total` at the end. */
export function countGroups(results: readonly CaseResult[]): GroupCount[] {
  const counts = new Map<string, GroupCount>();
  for (const { group, outcome } of results) {
    for (const name of [group, 'total']) {
      const count = counts.get(name) ?? { group: name, passed: 0, failed: 0, skipped: 0 };
      count[outcome] += 1;
      counts.set(name, count);
    }
  }
  const total = counts.get('total') ?? { group: 'total', passed: 0, failed: 0, skipped: 0 };
  counts.delete('total');
  return [...counts.values(), total];
}

/** The table and the failures, as text for a terminal. */
export function report(results: readonly CaseResult[]): string {
  const row = (cells: (string | number)[]): string =>
    [String(cells[0]).padEnd(20), ...cells.slice(1).map((cell) => String(cell).padStart(8))].join('');
  const lines = [row(['group', 'passed', 'failed', 'skipped'])];
  for (const { group, passed, failed, skipped } of countGroups(results))
    lines.push(row([group, passed, failed, skipped]));
  for (const { id, says, why, rule } of results.filter(({ outcome }) => outcome === 'failed')) {
    lines.push(
      '',
      `FAILED ${id}`,
      `  case:   ${says}`,
      `  found:  ${why}`,
      `  rule:   ${rule.text}`,
      `  source: ${rule.source}`,
    );
  }
  for (const { id, why } of results.filter(({ outcome }) => outcome === 'skipped'))
    lines.push('', `skipped ${id}: ${why}`);
  return lines.join('\n');
}
