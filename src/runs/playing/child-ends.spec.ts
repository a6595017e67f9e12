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

  beforeEach(() => {
    ends = new ChildEnds();
  });

  it('lets the end of a task with a result pass', () => {
    ends.follow(result([], '1', { a: 1 }));
    expect(ends.hold(completed('n:1'))).toBe(false);
    expect(ends.rest()).toEqual([]);
  });

  it('holds the end of a task without a result until its graph goes on', () => {
    ends.follow(result([], '1', {}));
    expect(ends.hold(completed('n:1'))).toBe(true);
    expect(ends.follow(event('messages', ['n:2']))).toEqual([]);
    expect(ends.follow(event('checkpoints', ['n:2']))).toEqual([]);
    expect(ends.follow(event('checkpoints', []))).toEqual([completed('n:1')]);
    expect(ends.rest()).toEqual([]);
  });

  it('takes the result of the graph around it as a proof', () => {
    ends.follow(result(['n:1'], '2', {}));
    expect(ends.hold(completed('n:1', 'n:2'))).toBe(true);
    expect(ends.follow(result([], '3', { a: 1 }))).toEqual([]);
    expect(ends.follow(result([], '1', {}))).toEqual([]);
    expect(ends.follow(result([], '1', { a: 1 }))).toEqual([completed('n:1', 'n:2')]);
  });

  it('holds a failure that has no error, and gives it back when the graph has ended well', () => {
    const failed = event('lifecycle', ['n:1'], { event: 'failed' });
    expect(ends.hold(failed)).toBe(true);
    expect(ends.hold(event('lifecycle', ['n:1'], { event: 'failed', error: 'x' }))).toBe(false);
    expect(ends.rest()).toEqual([failed]);
  });

  it('never holds a start, nor a child that waits for an answer', () => {
    ends.follow(event('tasks', [], { id: '1', name: 'n', result: {}, interrupts: [{ id: 'x' }] }));
    expect(ends.hold(event('lifecycle', ['n:1'], { event: 'started' }))).toBe(false);
    expect(ends.hold(completed('n:1'))).toBe(false);
  });
});
