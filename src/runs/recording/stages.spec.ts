import { type Stage, Stages } from './stages.js';

/** Holds one item until the next one. */
const oneBehind = (): Stage<string> => {
  let held: string | null = null;
  return {
    pass: (item, next) => {
      if (held !== null) next(held);
      held = item;
    },
    rest: (next) => {
      if (held !== null) next(held);
      held = null;
    },
  };
};
/** Holds everything until the end. */
const untilTheEnd = (): Stage<string> => {
  const held: string[] = [];
  return {
    pass: (item) => void held.push(item),
    rest: (next, ended) => {
      if (ended) held.splice(0).forEach(next);
    },
  };
};
const twice: Stage<string> = {
  pass: (item, next) => {
    next(`${item}1`);
    next(`${item}2`);
  },
};
const lengths: Stage<string, number> = { pass: (item, next) => next(item.length) };

describe('stages', () => {
  it('are passed in the order of the list, each item through all of them before the next', () => {
    const out: string[] = [];
    const { take } = Stages.of<string>().then(twice).then(twice).into((item) => out.push(item));
    take('a');
    take('b');
    expect(out).toEqual(['a11', 'a12', 'a21', 'a22', 'b11', 'b12', 'b21', 'b22']);
  });

  it('hand what they held through the stages after them', () => {
    const out: number[] = [];
    const flow = Stages.of<string>().then(oneBehind()).then(twice).then(lengths).into((item) => out.push(item));
    flow.take('a');
    expect(out).toEqual([]);
    flow.rest(false);
    expect(out).toEqual([2, 2]);
  });

  it('keep what waits for the end, until it comes', () => {
    const out: string[] = [];
    const flow = Stages.of<string>().then(oneBehind()).then(untilTheEnd()).into((item) => out.push(item));
    flow.take('a');
    flow.take('b');
    flow.rest(false);
    expect(out).toEqual([]);
    flow.rest(true);
    expect(out).toEqual(['a', 'b']);
  });

  it('let the error of a stage through to whoever gave the item', () => {
    const refusing: Stage<string> = {
      pass: () => {
        throw new Error('not this one');
      },
    };
    expect(() => Stages.of<string>().then(twice).then(refusing).into(() => undefined).take('a')).toThrow('not this one');
  });
});
