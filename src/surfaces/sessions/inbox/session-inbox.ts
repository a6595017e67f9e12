import { BadRequestException, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../../auth/caller.js';
import { answerRequest } from '../../../runs/requests/run-requests.js';
import { ROW_KIND } from '../../../storage/log/event-draft.js';
import { type ThreadUnit, ViewTooOldError } from '../../../storage/unit/thread-unit.js';
import { type AcceptanceScope, RunAcceptance } from '../../../runs/run-acceptance.js';
import { StreamingAvailability } from '../../../threads/streaming-availability.js';
import { HeldTurns } from './held-turns.js';
import { type Answer, type InboundEvent, type SystemMessage, fieldsOfInbound } from '../projection/inbound-event.js';
import type { ProjectedEvent } from '../projection/session-event.js';
import { SessionFolds, type SessionFold } from '../reading/session-fold.js';
import type { HeldTurn, SessionRow } from '../../../storage/rows/session.js';
import { subjectOf } from '../session-directory.js';
import { turnRequest } from './turn-request.js';
import { answeredEvent, resumeValue, systemTurn, turnMessages } from './turn-input.js';

/** A send on its way through one transaction. */
interface Delivery {
  readonly session: SessionRow;
  readonly scope: AcceptanceScope;
  readonly fold: SessionFold;
  /** The run that carries this send's answers. */
  readonly answerRun: string;
  readonly resume: Record<string, unknown>;
  readonly notes: SystemMessage[];
  readonly held: HeldTurn[];
  readonly echo: ProjectedEvent[];
  /** The turn was interrupted: what comes after waits for no answers. */
  hasInterrupted: boolean;
}

/** Takes what clients send. All of a send is stored in one commit, with the runs that it starts, or nothing of it. */
@Injectable()
export class SessionInbox {
  constructor(
    private readonly acceptance: RunAcceptance,
    private readonly folds: SessionFolds,
    private readonly heldTurns: HeldTurns,
    private readonly availability: StreamingAvailability,
  ) {}

  /**
   * @param prepare further writes of the same commit, before the events
   * @returns the events as they are kept, with their ids
   * @throws BadRequestException for events that the session cannot take now
   */
  async send(
    session: SessionRow,
    caller: Caller,
    events: readonly InboundEvent[],
    prepare: (transaction: ThreadUnit) => void = () => undefined,
  ): Promise<ProjectedEvent[]> {
    if (session.archivedAt !== null) throw new BadRequestException('The session is archived');
    this.availability.assertGraph(session.agent.graphId);
    const { echo, held } = await this.decide(session, caller, events, prepare);
    if (held.length > 0) this.heldTurns.watch(session.threadId);
    return echo;
  }

  /** Reads the session up to the head, then decides; again when too much came in between. */
  private async decide(
    session: SessionRow,
    caller: Caller,
    events: readonly InboundEvent[],
    prepare: (transaction: ThreadUnit) => void,
  ): Promise<Delivery> {
    for (;;) {
      const view = await this.folds.openAtHead(subjectOf(session));
      try {
        return await this.decideFrom(view, session, caller, events, prepare);
      } catch (error) {
        if (!(error instanceof ViewTooOldError)) throw error;
      }
    }
  }

  private decideFrom(
    view: SessionFold,
    session: SessionRow,
    caller: Caller,
    events: readonly InboundEvent[],
    prepare: (transaction: ThreadUnit) => void,
  ): Promise<Delivery> {
    return this.acceptance.together(session.threadId, caller, (scope) => {
      const fold = view.branch();
      prepare(scope.transaction);
      fold.take(scope.transaction.eventsAfter(fold.through), scope.transaction.head.lastSeq, false);
      const delivery: Delivery = {
        session,
        scope,
        fold,
        answerRun: uuidv7(),
        resume: {},
        notes: [],
        held: [...(scope.transaction.session.row?.heldTurns ?? [])],
        echo: [],
        hasInterrupted: false,
      };
      this.deliver(delivery, events);
      return delivery;
    });
  }

  private deliver(delivery: Delivery, events: readonly InboundEvent[]): void {
    const { session, scope } = delivery;
    for (const [index, event] of events.entries()) {
      switch (event.type) {
        case 'user.message':
          this.takeMessage(delivery, event, systemAfter(events, index));
          break;
        case 'user.interrupt':
          this.takeInterrupt(delivery, event);
          break;
        case 'system.message':
          this.takeNote(delivery, event, events[index - 1]);
          break;
        default:
          this.takeAnswer(delivery, event);
      }
    }
    if (Object.keys(delivery.resume).length > 0) {
      const messages = delivery.notes.map(({ content }) => systemTurn(content));
      const command = messages.length > 0 ? { update: { messages } } : {};
      scope.start(delivery.answerRun, answerRequest({ byId: delivery.resume }, { command }));
    }
    const stored = scope.transaction.session.row ?? session;
    scope.transaction.session.save({ ...stored, heldTurns: delivery.held, updatedAt: Date.now() });
  }

  /** Starts a turn; while the session waits for answers the turn waits with it. */
  private takeMessage(
    delivery: Delivery,
    event: Extract<InboundEvent, { type: 'user.message' }>,
    system: readonly SystemMessage[],
  ): void {
    const turn = { runId: uuidv7(), messages: turnMessages(event, system) };
    this.keep(delivery, event, turn.runId);
    if (isWaiting(delivery)) delivery.held.push(turn);
    else delivery.scope.start(turn.runId, turnRequest(delivery.session, turn));
  }

  /** Stops the turn. Of a session that waits for answers it drops the questions: what was held goes on instead. */
  private takeInterrupt(delivery: Delivery, event: Extract<InboundEvent, { type: 'user.interrupt' }>): void {
    const { state } = delivery.fold.projector;
    const { session_thread_id: threadId } = event;
    if (threadId && threadId !== state.primary.id) {
      throw new BadRequestException(
        `session_thread_id: ${threadId} cannot be interrupted alone; leave it out to interrupt the turn`,
      );
    }
    const runId = delivery.scope.interruptActive();
    this.keep(delivery, event, runId);
    delivery.hasInterrupted = true;
    for (const turn of delivery.held.splice(0)) delivery.scope.start(turn.runId, turnRequest(delivery.session, turn));
  }

  private takeNote(delivery: Delivery, event: SystemMessage, before: InboundEvent | undefined): void {
    if (!before || before.type === 'user.interrupt')
      throw new BadRequestException('system.message must follow a user.message or a tool result');
    if (before.type === 'user.message' || before.type === 'system.message') {
      return void this.keep(delivery, event, delivery.echo.at(-1)?.runId ?? null);
    }
    if (Object.keys(delivery.resume).length === 0)
      throw new BadRequestException('system.message: the turn does not go on yet');
    delivery.notes.push(event);
    this.keep(delivery, event, delivery.answerRun);
  }

  /** Once every event of a question is answered, a run goes on with it. */
  private takeAnswer(delivery: Delivery, answer: Answer): void {
    const eventId = answeredEvent(answer);
    const question = delivery.fold.projector.state.questionOf(eventId);
    if (!question || question.answeredBy !== null || question.decisions.has(eventId)) {
      throw new BadRequestException(`${eventId} is no event of this session that waits for an answer`);
    }
    if ((question.kind === 'confirmations') !== (answer.type === 'user.tool_confirmation')) {
      const wanted = question.kind === 'confirmations' ? 'user.tool_confirmation' : 'user.custom_tool_result';
      throw new BadRequestException(`${eventId} waits for a ${wanted}`);
    }
    const given = new Map([...question.decisions, [eventId, fieldsOfInbound(answer)]]);
    const isComplete = given.size === question.eventIds.length;
    if (isComplete) delivery.resume[question.interruptId] = resumeValue(question, given);
    this.keep(delivery, answer, isComplete ? delivery.answerRun : null);
  }

  /** Writes the event into the log, and reads it back as what clients will see. */
  private keep({ scope, fold, echo }: Delivery, event: InboundEvent, runId: string | null): void {
    const { transaction } = scope;
    const data = JSON.stringify(fieldsOfInbound(event));
    const seq = transaction.append({
      kind: ROW_KIND.session,
      method: event.type,
      namespace: [],
      data,
      runId,
      at: Date.now(),
    });
    for (const projection of fold.take(transaction.eventsAfter(seq - 1), seq, false) ?? []) {
      echo.push(...projection.events.filter((projected) => projected.event.type === event.type));
    }
  }
}

/** The session asks something that nobody has answered yet. */
function isWaiting({ fold, held, scope, hasInterrupted }: Delivery): boolean {
  if (hasInterrupted || scope.transaction.head.openInterrupts === 0) return false;
  return fold.projector.state.unanswered().length > 0 || held.length > 0;
}

function systemAfter(events: readonly InboundEvent[], index: number): SystemMessage[] {
  const rest = events.slice(index + 1);
  const end = rest.findIndex(({ type }) => type !== 'system.message');
  return rest.slice(0, end === -1 ? undefined : end) as SystemMessage[];
}
