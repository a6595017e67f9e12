import { BadRequestException, Injectable } from '@nestjs/common';
import type { z } from 'zod';
import type { Caller } from '../../auth/caller.js';
import { type EventDraft, ROW_KIND } from '../../storage/log/event-draft.js';
import { EventLog } from '../../event-log/event-log.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import { ThreadDeletion } from '../../runs/thread-deletion.js';
import { agentSettings } from './agents/agent.js';
import { patched } from './request-body.js';
import { type Json, toSession } from './session.js';
import type { updateSessionBody } from './session-bodies.js';
import { SessionDirectory, subjectOf } from './session-directory.js';
import { SessionFolds } from './reading/session-fold.js';
import { sessionIdOf } from './projection/session-ids.js';
import type { SessionRow } from '../../storage/rows/session.js';
import { type SessionQuery, SessionStorage } from '../../storage/session-storage.js';

/** Sessions as a resource; SessionCreation makes them. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly directory: SessionDirectory,
    private readonly sessions: SessionStorage,
    private readonly log: EventLog,
    private readonly acceptance: RunAcceptance,
    private readonly deletion: ThreadDeletion,
    private readonly folds: SessionFolds,
  ) {}

  /** @throws NotFoundException also for another's */
  async read(sessionId: string, caller: Caller): Promise<Json> {
    const row = await this.directory.find(sessionId, caller);
    const { projector } = await this.folds.openAtHead(subjectOf(row));
    const { input_tokens, output_tokens, cache_read_input_tokens } = projector.state.usage;
    return this.present(row, { input_tokens, output_tokens, cache_read_input_tokens });
  }

  present(row: SessionRow, usage?: Json): Json {
    if (row.archivedAt !== null) return toSession(row, 'terminated', usage);
    return toSession(row, (this.log.head(row.threadId)?.openRuns ?? 0) > 0 ? 'running' : 'idle', usage);
  }

  async list(query: SessionQuery): Promise<SessionRow[]> {
    return this.sessions.list(query);
  }

  /** Changes what is given, and tells it as `session.updated`. */
  async update(sessionId: string, body: z.infer<typeof updateSessionBody>, caller: Caller): Promise<Json> {
    const row = await this.writable(sessionId, caller);
    const agent = body.agent && { ...row.agent, agent: { ...row.agent.agent, ...agentSettings(body.agent) } };
    const changed: Partial<SessionRow> = {
      ...(body.title === undefined ? {} : { title: body.title }),
      ...(body.metadata === undefined ? {} : { metadata: patched(row.metadata, body.metadata) }),
      ...(agent === undefined ? {} : { agent }),
    };
    const { title, metadata } = changed;
    const told = {
      ...(title === undefined ? {} : { title }),
      ...(metadata ? { metadata } : {}),
      ...(agent ? { agent: agent.agent } : {}),
    };
    await this.log.transact(row.threadId, (transaction) => {
      transaction.session.save({ ...(transaction.session.row ?? row), ...changed, updatedAt: Date.now() });
      if (Object.keys(told).length > 0) transaction.append(draft('session.updated', told));
    }, { waits: false });
    return this.read(sessionId, caller);
  }

  /** Stops what runs; nothing can be sent to the session any more, and its streams end. Again, it stays as it is. */
  async archive(sessionId: string, caller: Caller): Promise<Json> {
    const row = await this.directory.find(sessionId, caller);
    if (row.archivedAt !== null) return this.present(row);
    await this.acceptance.together(row.threadId, caller, (scope) => {
      scope.interruptAll();
      const now = Date.now();
      scope.transaction.session.save({
        ...(scope.transaction.session.row ?? row),
        heldTurns: [],
        archivedAt: now,
        updatedAt: now,
      });
      scope.transaction.append(draft('session.archived', {}));
    });
    return this.read(sessionId, caller);
  }

  /** Removes the session with its thread; its streams end. */
  async delete(sessionId: string, caller: Caller): Promise<Json> {
    const { threadId } = await this.directory.find(sessionId, caller);
    await this.deletion.delete(threadId);
    this.folds.forget(threadId);
    return { id: sessionIdOf(threadId), type: 'session_deleted' };
  }

  private async writable(sessionId: string, caller: Caller): Promise<SessionRow> {
    const row = await this.directory.find(sessionId, caller);
    if (row.archivedAt !== null) throw new BadRequestException(`Session ${sessionId} is archived`);
    return row;
  }
}

/** A row of the log that tells what was done to a session. */
export function draft(method: string, data: Record<string, unknown>): EventDraft {
  return { kind: ROW_KIND.session, method, namespace: [], data: JSON.stringify(data), runId: null, at: Date.now() };
}
