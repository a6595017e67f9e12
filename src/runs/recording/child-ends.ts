import { fieldsOf } from '../../protocol/fields-of.js';
import type { NormalisedEvent } from './normalise-event.js';
import type { Stage } from './stages.js';

/**
 * Holds the end of a child namespace back until it is known how it ended. LangGraph calls a child completed as soon as
 * its task has ended, also when the task failed; a failed task has no result, and its graph goes no further. A `failed`
 * that it does tell comes without the error. What is still held when the run fails is closed with what else is open
 * (open-parts.ts): after the messages of the child, and with the error.
 */
export class ChildEnds implements Stage<NormalisedEvent> {
  /** Namespaces of tasks that ended without a result: a failure, or nothing to say. */
  private readonly emptyHanded = new Set<string>();
  private held: NormalisedEvent[] = [];

  /**
   * The ends that the event proves to be true go on before it. It is held itself if it is an end that is not certain.
   */
  pass(event: NormalisedEvent, next: (event: NormalisedEvent) => void): void {
    if (event.method === 'tasks') this.noteTask(event);
    if (this.held.length > 0) this.release(event, next);
    if (event.method === 'lifecycle' && this.isUncertain(event)) this.held.push(event);
    else next(event);
  }

  /** A graph that has ended well proves them all. */
  rest(next: (event: NormalisedEvent) => void, ended: boolean): void {
    if (ended) for (const end of this.held.splice(0)) next(end);
  }

  private release(event: NormalisedEvent, next: (event: NormalisedEvent) => void): void {
    const proven = this.held.filter((end) => proves(event, end));
    if (proven.length === 0) return;
    this.held = this.held.filter((end) => !proven.includes(end));
    for (const end of proven) next(end);
  }

  private isUncertain({ namespace, data }: NormalisedEvent): boolean {
    const { event: name, error } = fieldsOf(data);
    if (name === 'failed') return error === undefined;
    return name === 'completed' && this.emptyHanded.has(key(namespace));
  }

  private noteTask({ namespace, data }: NormalisedEvent): void {
    const { name, id, result, interrupts } = fieldsOf(data);
    if (result === undefined) return;
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
