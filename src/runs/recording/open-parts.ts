import { fieldsOf } from '../../protocol/fields-of.js';
import { messageKey } from '../../protocol/message-key.js';
import type { NormalisedEvent } from './normalise-event.js';
import type { Stage } from './stages.js';

/** How an attempt ended, for what it left open. */
export interface EndOfAttempt {
  readonly children: 'failed' | 'interrupted' | 'completed';
  /** Sentence for the reader. */
  readonly message: string;
  /** Class of the error, where one ended it. */
  readonly errorType?: string | null;
}

interface OpenPart {
  readonly event: NormalisedEvent;
  readonly data: Record<string, unknown>;
}

/** A message that is still being written, and the graph whose node writes it. */
interface OpenMessage extends OpenPart {
  readonly graph: string;
}

/**
 * What an attempt has begun and not ended: messages, tool calls and child namespaces. A client shows what is open as
 * still going on, so whatever ends an attempt closes it first (docs/event-stream.md, What a run leaves open).
 */
export class OpenParts implements Stage<NormalisedEvent> {
  private readonly messages = new Map<string, OpenMessage>();
  private readonly tools = new Map<string, OpenPart>();
  private readonly children = new Map<string, OpenPart>();

  /** An event counts once it is taken by the stages after this one. */
  pass(event: NormalisedEvent, next: (event: NormalisedEvent) => void): void {
    next(this.identified(event));
    this.note(event);
  }

  /** Follows one event of the attempt. */
  note(event: NormalisedEvent): void {
    if (event.method === 'messages') this.noteMessage(event);
    else if (event.method === 'tools') this.noteTool(event);
    else if (event.method === 'lifecycle') this.noteChild(event);
  }

  /** The events that close what is open: messages, then tools, then children, the deepest first. */
  closers(end: EndOfAttempt): NormalisedEvent[] {
    const messages = [...this.messages.values()].map(({ event, data }) => this.identified({
      ...event,
      data: { event: 'error', message: end.message, ...('run_id' in data ? { run_id: data.run_id } : {}) },
    }));
    const tools = [...this.tools.values()].map(({ event, data }) => ({
      ...event,
      data: { event: 'tool-error', tool_call_id: data.tool_call_id, message: end.message },
    }));
    const children = [...this.children.values()]
      .sort((a, b) => b.event.namespace.length - a.event.namespace.length)
      .map(({ event, data }) => ({
        ...event,
        data: {
          event: end.children,
          graph_name: data.graph_name,
          ...(end.children === 'failed' ? { error: end.message } : {}),
          ...(end.children === 'failed' && end.errorType ? { error_type: end.errorType } : {}),
        },
      }));
    return [...messages, ...tools, ...children];
  }

  /**
   * The event as it is written. Where several messages of one graph are open, what follows their starts says by
   * `message_id` which it belongs to: a reader that sees messages at the namespace of the graph cannot tell otherwise.
   */
  private identified(event: NormalisedEvent): NormalisedEvent {
    if (event.method !== 'messages' || this.messages.size < 2) return event;
    const data = fieldsOf(event.data);
    const message = this.messages.get(keyOf(event));
    if (!message || message.data.id === undefined || data.event === 'message-start') return event;
    const beside = [...this.messages.values()].filter(({ graph }) => graph === message.graph);
    return beside.length < 2 ? event : { ...event, data: { ...data, message_id: message.data.id } };
  }

  private noteMessage(event: NormalisedEvent): void {
    const data = fieldsOf(event.data);
    if (data.event === 'message-start') {
      const graph = JSON.stringify(event.namespace.slice(0, -1));
      this.messages.set(keyOf(event), { event, data, graph });
    } else if (data.event === 'message-finish' || data.event === 'error') {
      this.messages.delete(keyOf(event));
    }
  }

  private noteTool(event: NormalisedEvent): void {
    const data = fieldsOf(event.data);
    const key = JSON.stringify([event.namespace, data.tool_call_id ?? null]);
    if (data.event === 'tool-started') this.tools.set(key, { event, data });
    else if (data.event === 'tool-finished' || data.event === 'tool-error') this.tools.delete(key);
  }

  private noteChild(event: NormalisedEvent): void {
    if (event.namespace.length === 0) return;
    const data = fieldsOf(event.data);
    const key = JSON.stringify(event.namespace);
    if (data.event === 'started') this.children.set(key, { event, data });
    else this.children.delete(key);
  }
}

function keyOf({ namespace, node, data }: NormalisedEvent): string {
  return messageKey(namespace, node, fieldsOf(data).run_id);
}
