import type { NormalisedEvent } from '../recording/normalise-event.js';
import { InterruptSightings } from './interrupt-sightings.js';

const asking = (namespace: string[], task: string, ...ids: string[]): NormalisedEvent => ({
  method: 'tasks',
  namespace,
  data: { id: task, name: 'n', interrupts: ids.map((id) => ({ id, value: { ask: id } })) },
});
const completed = (...namespace: string[]): NormalisedEvent =>
  ({ method: 'lifecycle', namespace, data: { event: 'completed' } });

/** What goes on, as `<method> <interrupt id>` or `<method> <event>`. */
function written(events: NormalisedEvent[], sightings = new InterruptSightings(() => undefined)): string[] {
  const out: NormalisedEvent[] = [];
  for (const event of events) sightings.pass(event, (each) => out.push(each));
  return out.map(({ method, data, interrupt }) =>
    `${method} ${interrupt?.interruptId ?? (data as { event?: string }).event ?? ''}`.trim());
}

describe('an interrupt', () => {
  it('goes before the first event that tells of it, and only there', () => {
    expect(written([asking(['n:1'], '2', 'a', 'b'), asking([], '1', 'a', 'c')])).toEqual([
      'input.requested a', 'input.requested b', 'tasks', 'input.requested c', 'tasks',
    ]);
  });

  it('has its place, its task and its data', () => {
    const out: NormalisedEvent[] = [];
    new InterruptSightings(() => undefined).pass(asking(['n:1'], '2', 'a'), (each) => out.push(each));
    expect(out[0]).toMatchObject({
      namespace: ['n:1'],
      interrupt: {
        interruptId: 'a',
        namespace: ['n:1'],
        taskId: '2',
        dataJson: '{"interrupt_id":"a","payload":{"ask":"a"},"value":{"ask":"a"}}',
        valueBytes: 11,
      },
    });
  });

  it('that may not be raised stops its event, after those before it', () => {
    const sightings = new InterruptSightings(({ interruptId }) => {
      if (interruptId === 'b') throw new Error('too large');
    });
    const out: NormalisedEvent[] = [];
    expect(() => sightings.pass(asking([], '1', 'a', 'b'), (each) => out.push(each))).toThrow('too large');
    expect(out.map(({ interrupt }) => interrupt?.interruptId)).toEqual(['a']);
  });
});

describe('a subgraph that completes', () => {
  it('is interrupted while a task at or below it waits', () => {
    const events = [asking(['n:1'], '2', 'a'), completed('n:1'), completed('n:1', 'n:2'), completed('n:3')];
    expect(written(events).slice(2)).toEqual([
      'lifecycle interrupted', 'lifecycle interrupted', 'lifecycle completed',
    ]);
  });
});
