/** Counts what comes and tells when it was enough. */
export interface Countdown {
  /** Resolves with the `enough`th call of `count`. */
  readonly reached: Promise<void>;
  count(): void;
}

export function countdown(enough: number): Countdown {
  let seen = 0;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => (release = resolve));
  return {
    reached,
    count: () => {
      seen += 1;
      if (seen >= enough) release();
    },
  };
}
