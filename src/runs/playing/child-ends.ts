import { fieldsOf } from './native-event.js';
import type { NormalisedEvent } from './normalise-event.js';

/**
 * Holds the end of a child namespace back until it is known how it ended. LangGraph calls a child completed as soon as
 * its task has ended, also when the task failed; a failed task has no result, and its graph goes no further. A `failed`
 * that it does tell comes without the error. What is still held when the run fails is closed with what else is open
 * (open-parts.ts): after the messages of the child, and with the error.
 */
export class ChildEnds {
  /** Namespaces of tasks that ended without a result: a failure, or nothing to say. */
  private readonly emptyHanded = new Set<string>();
  private held: NormalisedEvent[] = [];

  /** Follows an event; returns the ends that it proves to be true, which belong before it. */
  follow(event: NormalisedEvent): NormalisedEvent[] {
    this.noteTask(event);
    if (this.held.length === 0) return [];
    const proven = this.held.filter((end) => proves(event, end));
    this.held = this.held.filter((end) => !proven.includes(end));
    return proven;
  }

  /** Takes the event if it is an end that is not certain yet. */
  hold(event: NormalisedEvent): boolean {
    const { event: name, error } = fieldsOf(event.data);
    if (event.method !== 'lifecycle') return false;
    const uncertain =
      (name === 'completed' && this.emptyHanded.has(key(event.namespace))) ||
      (name === 'failed' && error === undefined);
    if (uncertain) this.held.push(event);
    return uncertain;
  }

  /** What is held when the graph has ended well. */
  rest(): NormalisedEvent[] {
    return this.held.splice(0);
  }

  private noteTask({ method, namespace, data }: NormalisedEvent): void {
    const { name, id, result, interrupts } = fieldsOf(data);
    if (method !== 'tasks' || result === undefined) return;
    const asked = Array.isArray(interrupts) && interrupts.length > 0;
    if (!asked && isEmpty(result)) this.emptyHanded.add(key([...namespace, `${String(name)}:${String(id)}`]));
  }
}

/**
 * An event of the graph that the child was part of, from after the child's step; or the result of what that graph is
 * part of.
 */
function proves({ method, namespace, data }: NormalisedEvent, end: NormalisedEvent): boolean {
  const { result, name, id } = fieldsOf(data);
  if (method === 'tasks' && result !== undefined)
    return !isEmpty(result) && isWithin(end.namespace, [...namespace, `${String(name)}:${String(id)}`]);
  return (
    ['tasks', 'checkpoints', 'values'].includes(method) &&
    isWithin(end.namespace, namespace) &&
    end.namespace.length > namespace.length
  );
}

function isEmpty(result: unknown): boolean {
  return result === null || (typeof result === 'object' && Object.keys(result).length === 0);
}

function isWithin(namespace: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((segment, level) => namespace[level] === segment);
}

function key(namespace: readonly string[]): string {
  return JSON.stringify(namespace);
}
