/** A server that is measured. */
export interface Target {
  readonly name: string;
  readonly base: string;
  readonly pid: number;
}

/** Numbers by the name of what they say; a unit is part of the name. */
export type Figures = Record<string, number>;

/** One thing that is measured, on any server. `small` makes the load tiny, to try the benchmark itself. */
export type Scenario = (target: Target, small: boolean) => Promise<Figures>;

export const ALL_CHANNELS = [
  'values',
  'updates',
  'messages',
  'tools',
  'lifecycle',
  'input',
  'checkpoints',
  'tasks',
  'custom',
];

/** Seconds after which a scenario counts as failed. */
export const SCENARIO_SECONDS = 90;

/** A promise and its end, for what a listener waits for. */
export function latch(): { readonly done: Promise<void>; release(): void } {
  let release = (): void => undefined;
  const done = new Promise<void>((resolve) => (release = resolve));
  return { done, release: () => release() };
}
