/** A step on the way from an event to the log: `In` comes, `Out` goes on. What it holds back meanwhile is its own. */
export interface Stage<In, Out = In> {
  /**
   * Takes one item and hands on what can go on now, in order.
   * @throws when the item cannot be recorded
   */
  pass(item: In, next: (item: Out) => void): void;
  /**
   * Nothing follows for now: hands on what only waits for its neighbour.
   * @param ended the graph has ended well, so that nothing follows at all: hands on whatever is held
   */
  rest?(next: (item: Out) => void, ended: boolean): void;
}

/** Stages that are connected: an item goes down through all of them before the next one is taken, and never back up. */
export interface Flow<In> {
  take(item: In): void;
  /** Empties the stages from the first to the last, each through those after it. */
  rest(ended: boolean): void;
}

/** A list of stages, in the order in which an item passes them. */
export class Stages<In, Out> {
  private constructor(private readonly list: readonly Stage<unknown, unknown>[]) {}

  static of<In>(): Stages<In, In> {
    return new Stages([]);
  }

  then<Next>(stage: Stage<Out, Next>): Stages<In, Next> {
    return new Stages([...this.list, stage]);
  }

  /** Connects the stages once, so that an item costs no more than the calls. */
  into(sink: (item: Out) => void): Flow<In> {
    const rests: ((ended: boolean) => void)[] = [];
    const take = this.list.reduceRight<(item: unknown) => void>((next, stage) => {
      rests.unshift((ended) => stage.rest?.(next, ended));
      return (item) => stage.pass(item, next);
    }, sink as (item: unknown) => void);
    return {
      take,
      rest: (ended) => {
        for (const rest of rests) rest(ended);
      },
    };
  }
}
