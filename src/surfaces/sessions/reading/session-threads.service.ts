import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { EventLog } from '../../../event-log/event-log.js';
import type { SessionThreadState } from '../projection/projection-state.js';
import { type Json, toSessionThread } from '../session.js';
import { SessionDirectory, subjectOf } from '../session-directory.js';
import { SessionFolds } from './session-fold.js';
import type { Profile } from './session-mode.js';
import type { SessionRow } from '../../../storage/rows/session.js';
import { draft } from '../sessions.service.js';

/** The threads of sessions, as a resource. */
@Injectable()
export class SessionThreadsService {
  constructor(
    private readonly directory: SessionDirectory,
    private readonly folds: SessionFolds,
    private readonly log: EventLog,
  ) {}

  /** The primary thread, then the children as they came; `statuses` null means any. */
  async list(sessionId: string, caller: Caller, statuses: readonly string[] | null, profile: Profile): Promise<Json[]> {
    const session = await this.directory.find(sessionId, caller);
    const threads = await this.threads(session);
    return threads.filter((thread) => statuses === null || statuses.some((status) => has(thread, status)))
      .map((thread) => toSessionThread(session, thread, profile));
  }

  /** @throws NotFoundException */
  async read(sessionId: string, id: string, caller: Caller, profile: Profile): Promise<Json> {
    const session = await this.directory.find(sessionId, caller);
    return toSessionThread(session, find(await this.threads(session), id), profile);
  }

  /** @throws BadRequestException for the primary thread, or one that runs */
  async archive(sessionId: string, id: string, caller: Caller, profile: Profile): Promise<Json> {
    const session = await this.directory.find(sessionId, caller);
    const thread = find(await this.threads(session), id);
    if (thread.parent === null) throw new BadRequestException('The primary thread is archived with its session');
    if (thread.status === 'running')
      throw new BadRequestException(`Thread ${id} is running; it can be archived once it is idle`);
    if (thread.archivedAt === null) {
      await this.log.transact(session.threadId, (transaction) => {
        transaction.append(draft('session.thread_archived', { session_thread_id: id }));
      }, { waits: false });
    }
    return this.read(sessionId, id, caller, profile);
  }

  private async threads(session: SessionRow): Promise<SessionThreadState[]> {
    const fold = await this.folds.openAtHead(subjectOf(session));
    return fold.projector.state.threads();
  }
}

function find(threads: readonly SessionThreadState[], id: string): SessionThreadState {
  const thread = threads.find((candidate) => candidate.id === id);
  if (!thread) throw new NotFoundException(`The session has no thread ${id}`);
  return thread;
}

function has({ status, archivedAt, stopReason }: SessionThreadState, wanted: string): boolean {
  if (wanted === 'archived') return archivedAt !== null;
  if (wanted === 'blocked') return status === 'idle' && stopReason?.type === 'requires_action';
  return status === wanted;
}
