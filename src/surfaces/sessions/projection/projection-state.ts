import { type AgentThread, AgentThreads } from '../../../projections/agent-threads.js';
import type { Message } from '../../../projections/messages.js';
import type { StopReason, TextBlock } from './session-event.js';
import { type SessionThreadId, sessionThreadIdOf } from './session-ids.js';

/** A thread of a session: the primary one, or that of a subagent. */
export interface SessionThreadState extends AgentThread<SessionThreadState> {
  readonly id: SessionThreadId;
  readonly agentName: string;
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
export interface ProjectedMessage extends Message {
  readonly thread: SessionThreadState;
  readonly spanId: string;
  readonly messageId: string;
  readonly thinkingId: string;
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
export class ProjectionState extends AgentThreads<SessionThreadState> {
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

  constructor(readonly threadId: string, agentName: string, createdAt: number) {
    super({
      id: sessionThreadIdOf(threadId, 'root'), parent: null, agentName, toolCallId: null, createdBy: null, createdAt,
      updatedAt: createdAt, archivedAt: null, status: 'idle', stopReason: null, lastText: null, result: null,
    });
  }

  /** The thread of the graph itself. */
  get primary(): SessionThreadState {
    return this.root;
  }

  /** The same as it is now; what changes in one changes nothing in the other. */
  clone(): ProjectionState {
    return Object.assign(Object.create(ProjectionState.prototype) as ProjectionState, structuredClone({ ...this }));
  }

  threadById(id: string): SessionThreadState | null {
    return this.threads().find((thread) => thread.id === id) ?? null;
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
