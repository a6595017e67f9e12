import type { EventPreview, ProjectedEvent, SessionEvent } from '../projection/session-event.js';
import { sessionIdOf, turnIdOf } from '../projection/session-ids.js';
import type { Profile } from './session-mode.js';
import { isWithin, type TimeRange } from '../session-query.js';
import { fieldsOf } from '../../../protocol/fields-of.js';
import { plainText } from '../projection/content-blocks.js';

/** What a reader asks for. */
export interface ViewSpec {
  /** A session thread's id, or the whole session: all of it, or of children only what concerns the session. */
  readonly of: 'all' | 'condensed' | `sthr_${string}`;
  readonly profile: Profile;
  /** Names of events; null for all. */
  readonly types: readonly string[] | null;
  /** Events whose pieces are wanted as they come. */
  readonly previews?: readonly string[];
  readonly range?: TimeRange;
}

/** What one reader sees of the events of a session, and in which form. */
export class SessionView {
  private readonly types: ReadonlySet<string> | null;
  private readonly previews: ReadonlySet<string>;

  constructor(private readonly threadId: string, private readonly spec: ViewSpec) {
    this.types = spec.types ? new Set(spec.types) : null;
    this.previews = new Set(spec.previews ?? []);
  }

  get wantsPreviews(): boolean {
    return this.previews.size > 0;
  }

  /** The event in the reader's form; null when the reader does not want it. */
  present(projected: ProjectedEvent): SessionEvent | null {
    if (!this.covers(projected)) return null;
    const event = this.spec.profile === 'anthropic' ? this.plain(projected) : this.extended(projected);
    if (this.types && !this.types.has(event.type)) return null;
    if (this.spec.range && !isWithin(Date.parse(event.processed_at ?? ''), this.spec.range)) return null;
    return event;
  }

  /** Whether the event belongs to what is read, wanted or not. */
  covers({ thread, isPrimary, condensed }: ProjectedEvent): boolean {
    const { of } = this.spec;
    return of === 'all' || (of === 'condensed' ? isPrimary || condensed : thread === of);
  }

  presentPreview({ thread, isPrimary, previewOf, body }: EventPreview): Readonly<Record<string, unknown>> | null {
    const { of } = this.spec;
    const covered = of === 'condensed' || of === 'all' ? isPrimary : thread === of;
    return covered && this.previews.has(previewOf) ? body : null;
  }

  /** A child's event on the stream of its session says whose it is. */
  private plain({ event, thread, isPrimary }: ProjectedEvent): SessionEvent {
    if (isPrimary || this.spec.of === thread || 'session_thread_id' in event) return event;
    return { ...event, session_thread_id: thread };
  }

  private extended({ event, thread, at, runId, extra }: ProjectedEvent): SessionEvent {
    return {
      ...event,
      ...extra,
      ...threadMessage(event, extra),
      ...(event.type === 'agent.tool_use' ? { content: { name: event.name, input: event.input } } : {}),
      session_thread_id: event.session_thread_id ?? thread,
      schema_version: '1.0',
      session_id: sessionIdOf(this.threadId),
      ...(runId === null ? {} : { turn_id: turnIdOf(runId) }),
      created_at: new Date(at).toISOString(),
    };
  }
}

/**
 * In this profile a message between threads is named from the coordinator's point of view, and its content is a text.
 */
function threadMessage(
  { content }: SessionEvent,
  { direction }: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  if (direction === undefined) return {};
  const type = direction === 'coordinator_to_child' ? 'agent.thread_message_sent' : 'agent.thread_message_received';
  return { type, content: plainText((content as unknown[]).map(fieldsOf)) };
}
