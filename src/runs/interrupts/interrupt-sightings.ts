import { stateJson } from '../../graphs/state-json.js';
import { fieldsOf } from '../../protocol/fields-of.js';
import type { NormalisedEvent } from '../recording/normalise-event.js';
import type { Stage } from '../recording/stages.js';
import type { RaisedInterrupt } from './interrupt-journal.js';

/**
 * The interrupts of one attempt. LangGraph tells of each up to five times, in `updates`, `values` and `tasks` of the
 * graph that raised it and of every graph around it; the first `tasks` result has all there is to know: the deepest
 * namespace, the task, the value.
 */
export class InterruptSightings implements Stage<NormalisedEvent> {
  private readonly seen = new Set<string>();
  private readonly tasks: (readonly string[])[] = [];

  /** @param assertAllowed throws for an interrupt that may not be raised */
  constructor(private readonly assertAllowed: (interrupt: RaisedInterrupt) => void) {}

  /** What an event is the first to tell of goes on before it, as `input.requested`. */
  pass(event: NormalisedEvent, next: (event: NormalisedEvent) => void): void {
    if (event.method === 'tasks') {
      for (const interrupt of this.firstSeen(event)) {
        this.assertAllowed(interrupt);
        next({ method: 'input.requested', namespace: interrupt.namespace, data: null, interrupt });
      }
    }
    next(event.method === 'lifecycle' ? this.asWaiting(event) : event);
  }

  private firstSeen({ namespace, data }: NormalisedEvent): RaisedInterrupt[] {
    const task = fieldsOf(data);
    if (!Array.isArray(task.interrupts) || task.interrupts.length === 0) return [];
    this.tasks.push([...namespace, `${String(task.name)}:${String(task.id)}`]);
    return task.interrupts.flatMap((interrupt: unknown) => {
      const { id, value, ...rest } = fieldsOf(interrupt);
      if (typeof id !== 'string' || this.seen.has(id)) return [];
      this.seen.add(id);
      return [{ interruptId: id, namespace, taskId: String(task.id), ...dataOf(id, value, rest) }];
    });
  }

  /** LangGraph calls a subgraph that waits for an answer completed. */
  private asWaiting(event: NormalisedEvent): NormalisedEvent {
    const data = fieldsOf(event.data);
    if (data.event !== 'completed' || !this.isWaiting(event.namespace)) return event;
    return { ...event, data: { ...data, event: 'interrupted' } };
  }

  /** True when a task at this namespace, or below it, waits for an answer. */
  private isWaiting(namespace: readonly string[]): boolean {
    return this.tasks.some((task) => namespace.every((segment, level) => task[level] === segment));
  }
}

/** `payload` and `value` are the same: JS clients read the one, Python's the other. */
function dataOf(
  interruptId: string, value: unknown, { response_schema: schema }: Record<string, unknown>,
): Pick<RaisedInterrupt, 'dataJson' | 'valueBytes'> {
  const json = stateJson(value ?? null);
  const answer = schema === undefined ? '' : `,"response_schema":${stateJson(schema)}`;
  return {
    dataJson: `{"interrupt_id":${JSON.stringify(interruptId)},"payload":${json},"value":${json}${answer}}`,
    valueBytes: Buffer.byteLength(json),
  };
}
