import type { CaseScope } from './case-scope.js';

/** The promise that a case holds a server to, and where it is published. */
export interface Rule {
  readonly text: string;
  readonly source: string;
}

/** One check of a server. */
export interface ConformanceCase {
  /** `<group>/<name>`. */
  readonly id: string;
  /** What the server does, as a sentence. */
  readonly says: string;
  readonly rule: Rule;
  /** Milliseconds after which the case fails; DEFAULT_LIMIT_MS without it. */
  readonly limitMs?: number;
  /** @throws Failure, or any other error, when the server does not keep the rule; Skipped when it cannot be judged */
  check(scope: CaseScope): Promise<void>;
}

export const DEFAULT_LIMIT_MS = 20_000;

/** What the server did instead. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** The case does not apply to this server or this run. */
export class Skipped extends Error {
  override readonly name = 'Skipped';
}
