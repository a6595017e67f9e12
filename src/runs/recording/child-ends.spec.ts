import { ChildEnds } from './child-ends.js';
import type { NormalisedEvent } from './normalise-event.js';

const event = (method: string, namespace: string[], data: object = {}): NormalisedEvent => ({
  method,
  namespace,
  data,
});
const result = (namespace: string[], id: string, value: object): NormalisedEvent =>
  event('tasks', namespace, { id, name: 'n', result: value, interrupts: [] });
const completed = (...namespace: string[]): NormalisedEvent => event('lifecycle', namespace, { event: 'completed' });

describe('ChildEnds', () => {
  let ends: ChildEnds;

  /** What goes on when the event comes. */
  const pass = (one: NormalisedEvent): NormalisedEvent[] => {
    const out: NormalisedEvent[] = [];
    ends.pass(one, (each) => out.push(each));
    return out;
  };
  const rest = (ended: boolean): NormalisedEvent[] => {
    const out: NormalisedEvent[] = [];
    ends.rest((each) => out.push(each), ended);
    return out;
  };

  beforeEach(() => {
    ends = new ChildEnds();
  });

  it('lets the end of a task with a result pass', () => {
    pass(result([], '1', { a: 1 }));
    expect(pass(completed('n:1'))).toEqual([completed('n:1')]);
    expect(rest(true)).toEqual([]);
  });

  it('holds the end of a task without a result until its graph goes on', () => {
    pass(result([], '1', {}));
    expect(pass(completed('n:1'))).toEqual([]);
    for (const other of [event('messages', ['n:2']), event('checkpoints', ['n:2'])])
      expect(pass(other)).toEqual([other]);
    expect(pass(event('checkpoints', []))).toEqual([completed('n:1'), event('checkpoints', [])]);
    expect(rest(true)).toEqual([]);
  });

  it('takes the result of the graph around it as a proof', () => {
    pass(result(['n:1'], '2', {}));
    expect(pass(completed('n:1', 'n:2'))).toEqual([]);
    for (const other of [result([], '3', { a: 1 }), result([], '1', {})]) expect(pass(other)).toEqual([other]);
    expect(pass(result([], '1', { a: 1 }))).toEqual([completed('n:1', 'n:2'), result([], '1', { a: 1 })]);
  });

  it('holds a failure that has no error, and gives it back when the graph has ended well', () => {
    const failed = event('lifecycle', ['n:1'], { event: 'failed' });
    const told = event('lifecycle', ['n:1'], { event: 'failed', error: 'x' });
    expect(pass(failed)).toEqual([]);
    expect(pass(told)).toEqual([told]);
    expect(rest(false)).toEqual([]);
    expect(rest(true)).toEqual([failed]);
  });

  it('never holds a start, nor a child that waits for an answer', () => {
    pass(event('tasks', [], { id: '1', name: 'n', result: {}, interrupts: [{ id: 'x' }] }));
    const started = event('lifecycle', ['n:1'], { event: 'started' });
    for (const one of [started, completed('n:1')]) expect(pass(one)).toEqual([one]);
  });
});
