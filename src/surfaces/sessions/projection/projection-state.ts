import { namespaceText } from '../../../protocol/namespace.js';
import type { StopReason, TextBlock } from './session-event.js';
import { type SessionThreadId, sessionThreadIdOf } from './session-ids.js';

/** A thread of a session: the primary one, or that of a subagent. */
export interface SessionThreadState {
  readonly id: SessionThreadId;
  readonly parent: SessionThreadState | null;
  readonly agentName: string;
  readonly toolCallId: string | null;
  /** Id of the `agent.tool_use` that caused it. */
  readonly createdBy: string | null;
  /** Epoch ms. */
  readonly createdAt: number;
  updatedAt: number;
  archivedAt: number | null;
  status: 'idle' | 'running' | 'terminated';
  stopReason: StopReason | null;
  /** What it said last, and what its tool call returned: its report. */
  lastText: string | null;
  result: { readonly content: readonly TextBlock[]; readonly isError: boolean } | null;
}

/** A message that a model has begun. */
export interface ProjectedMessage {
  readonly thread: SessionThreadState;
  readonly spanId: string;
  readonly messageId: string;
  readonly thinkingId: string;
  readonly texts: Map<number, string>;
  readonly calls: Map<number, { id: string; name: string; input: Record<string, unknown> }>;
  /** Positions of text blocks among each other, for previews. */
  readonly textOrder: Map<number, number>;
  hasThought: boolean;
  /** All of it was seen live so far, so that its pieces are a beginning of the whole. */
  previewable: boolean;
}

/** A call that a model asked for; `eventId` is null until its `agent.tool_use` was made. */
export interface ToolCallState {
  readonly callId: string;
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly thread: SessionThreadState;
  /** JSON text of the namespace in which it runs, once it does. */
  runsAt: string | null;
  eventId: string | null;
}

/** A question that the session waits for. */
export interface OpenQuestion {
  readonly interruptId: string;
  readonly namespace: readonly string[];
  readonly thread: SessionThreadState;
  /** `confirmations`: one decision for each event; `result`: one value. */
  readonly kind: 'result' | 'confirmations';
  readonly eventIds: readonly string[];
  /** Decisions by event id, as they were sent. */
  readonly decisions: Map<string, Record<string, unknown>>;
  /** The run that will answer it. */
  answeredBy: string | null;
  /** Not asked again yet by the run that is active. */
  stale: boolean;
}

/** What the projection remembers between two rows: only what is open, and the threads. */
export class ProjectionState {
  readonly primary: SessionThreadState;
  readonly messages = new Map<string, ProjectedMessage>();
  readonly tools = new Map<string, ToolCallState>();
  readonly questions = new Map<string, OpenQuestion>();
  /** Runs whose input is in the log as what a client sent. */
  readonly announcedRuns = new Set<string>();
  status: 'idle' | 'running' | 'terminated' = 'idle';
  activeRun: string | null = null;
  hasAsked = false;
  /** Tokens that the models of all threads reported. */
  readonly usage = { input_tokens: 0, output_tokens: 0, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  private readonly byNamespace = new Map<string, SessionThreadState>();

  constructor(readonly threadId: string, agentName: string, createdAt: number) {
    this.primary = {
      id: sessionThreadIdOf(threadId, 'root'), parent: null, agentName, toolCallId: null, createdBy: null, createdAt,
      updatedAt: createdAt, archivedAt: null, status: 'idle', stopReason: null, lastText: null, result: null,
    };
    this.byNamespace.set('[]', this.primary);
  }

  /** The same as it is now; what changes in one changes nothing in the other. */
  clone(): ProjectionState {
    return Object.assign(Object.create(ProjectionState.prototype) as ProjectionState, structuredClone({ ...this }));
  }

  /** The primary thread and the children, in the order in which they came. */
  threads(): SessionThreadState[] {
    return [...new Set(this.byNamespace.values())];
  }

  threadById(id: string): SessionThreadState | null {
    return this.threads().find((thread) => thread.id === id) ?? null;
  }

  /** The thread that begins exactly here, or null. */
  threadAt(namespace: readonly string[]): SessionThreadState | null {
    return this.byNamespace.get(namespaceText(namespace)) ?? null;
  }

  /** The thread that an event of this namespace belongs to: that of the longest prefix that has one. */
  ownerOf(namespace: readonly string[]): SessionThreadState {
    for (let length = namespace.length; length > 0; length -= 1) {
      const thread = this.threadAt(namespace.slice(0, length));
      if (thread) return thread;
    }
    return this.primary;
  }

  addThread(namespace: readonly string[], thread: SessionThreadState): void {
    this.byNamespace.set(namespaceText(namespace), thread);
  }

  /** Questions that no run has been accepted to answer. */
  unanswered(): OpenQuestion[] {
    return [...this.questions.values()].filter(({ answeredBy }) => answeredBy === null);
  }

  questionOf(eventId: string): OpenQuestion | null {
    return [...this.questions.values()].find(({ eventIds }) => eventIds.includes(eventId)) ?? null;
  }

  /** Ids of the events that a client has to answer before the session goes on. */
  requiredEventIds(): string[] {
    return this.unanswered().flatMap(({ eventIds, decisions }) => eventIds.filter((id) => !decisions.has(id)));
  }
}
