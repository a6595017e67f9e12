import { stateJson } from '../../graphs/state-json.js';
import { type NativeEvent, fieldsOf } from '../playing/native-event.js';
import type { RaisedInterrupt } from './interrupt-journal.js';

/**
 * The interrupts of one attempt. LangGraph tells of each up to five times, in `updates`, `values` and `tasks` of the
 * graph that raised it and of every graph around it; the first `tasks` result has all there is to know: the deepest
 * namespace, the task, the value.
 */
export class InterruptSightings {
  private readonly seen = new Set<string>();
  private readonly tasks: (readonly string[])[] = [];

  /** The interrupts that this event is the first to tell of. */
  note({ method, params }: NativeEvent): RaisedInterrupt[] {
    if (method !== 'tasks') return [];
    const task = fieldsOf(params.data);
    if (!Array.isArray(task.interrupts) || task.interrupts.length === 0) return [];
    this.tasks.push([...params.namespace, `${String(task.name)}:${String(task.id)}`]);
    return task.interrupts.flatMap((interrupt: unknown) => {
      const { id, value, ...rest } = fieldsOf(interrupt);
      if (typeof id !== 'string' || this.seen.has(id)) return [];
      this.seen.add(id);
      return [{ interruptId: id, namespace: params.namespace, taskId: String(task.id), ...dataOf(id, value, rest) }];
    });
  }

  /** True when a task at this namespace, or below it, waits for an answer. */
  isWaiting(namespace: readonly string[]): boolean {
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
