import { median } from '../measure.js';
import type { Figures } from '../scenario.js';

/** Figures of all rounds: server, scenario, figure, one number per round. */
export type Rounds = Record<string, Record<string, Record<string, number[]>>>;

/** What `bench/results/latest.json` holds. */
export interface Measurement {
  /** ISO time of the end. */
  readonly takenAt: string;
  readonly machine: { readonly cpus: number; readonly model: string; readonly node: string };
  /** Share of the machine's processor time that others used before it began, from 0 to 1. */
  readonly othersShare: number;
  /** Milliseconds of the same loop before each round. */
  readonly loopMs: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
  readonly samples: Rounds;
}

export function addFigures(rounds: Rounds, server: string, scenario: string, figures: Figures): void {
  const ofScenario = ((rounds[server] ??= {})[scenario] ??= {});
  for (const [figure, value] of Object.entries(figures)) (ofScenario[figure] ??= []).push(value);
}

/** The median of a figure over the rounds, or null where it was not measured. */
export function figureOf(rounds: Rounds, server: string, scenario: string, figure: string): number | null {
  const samples = rounds[server]?.[scenario]?.[figure];
  return samples && samples.length > 0 ? median(samples) : null;
}
