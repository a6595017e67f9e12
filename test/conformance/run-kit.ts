import { CaseScope, Lab } from './case-scope.js';
import { type ConformanceCase, DEFAULT_LIMIT_MS, Failure, Skipped } from './conformance-case.js';
import type { Target } from './thread-client.js';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** How one case went. */
export interface CaseResult {
  readonly id: string;
  readonly group: string;
  readonly says: string;
  readonly rule: { readonly text: string; readonly source: string };
  readonly outcome: Outcome;
  /** What the server did instead, or why the case was skipped. */
  readonly why: string;
  readonly ms: number;
}

export interface KitOptions {
  readonly target: Target;
  readonly restart: (() => Promise<void>) | null;
  /** Cases that run at the same time. */
  readonly concurrency: number;
}

export const groupOf = (id: string): string => id.slice(0, id.indexOf('/'));

/** Runs the cases, those of the restart group after all others; the results are in the order of the cases. */
export async function runKit(cases: readonly ConformanceCase[], options: KitOptions): Promise<CaseResult[]> {
  const lab = new Lab(options.target, options.restart);
  const results = new Map<string, CaseResult>();
  const isRestart = ({ id }: ConformanceCase): boolean => groupOf(id) === 'restart';
  for (const part of [cases.filter((one) => !isRestart(one)), cases.filter(isRestart)]) {
    const waiting = [...part];
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) results.set(next.id, await runCase(next, lab));
    };
    await Promise.all(Array.from({ length: options.concurrency }, worker));
  }
  return cases.map(({ id }) => results.get(id) as CaseResult);
}

async function runCase(one: ConformanceCase, lab: Lab): Promise<CaseResult> {
  const scope = new CaseScope(lab);
  const start = Date.now();
  const result = (outcome: Outcome, why: string): CaseResult => ({
    id: one.id, group: groupOf(one.id), says: one.says, rule: one.rule, outcome, why, ms: Date.now() - start,
  });
  try {
    if (groupOf(one.id) === 'restart' && !lab.restart) throw new Skipped('no --restart-command was given');
    await limited(one.check(scope), one.limitMs ?? DEFAULT_LIMIT_MS);
    return result('passed', '');
  } catch (error) {
    if (error instanceof Skipped) return result('skipped', error.message);
    const why =
      error instanceof Error
        ? error instanceof Failure
          ? error.message
          : `${error.name}: ${error.message}`
        : String(error);
    return result('failed', why);
  } finally {
    scope.close();
  }
}

function limited(work: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(() => reject(new Failure(`the case was not over within ${ms} ms`)), ms);
    work.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}
