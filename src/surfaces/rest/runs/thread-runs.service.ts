import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { type CancelRequest, RunCancellation } from '../../../runs/run-cancellation.js';
import { RunEnding } from '../../../runs/run-ending.js';
import { RunRepository } from '../../../runs/run-repository.js';
import type { Run } from '../../../runs/run.js';
import { ThreadRepository } from '../../../threads/thread-repository.js';
import type { ListRunsQuery } from './thread-runs.dto.js';

/** The runs of a thread for the REST routes; the owner of the thread owns its runs. */
@Injectable()
export class ThreadRunsService {
  constructor(
    private readonly runs: RunRepository,
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
    private readonly cancellation: RunCancellation,
    private readonly ending: RunEnding,
  ) {}

  /** @throws NotFoundException for a thread that is missing or another's */
  list(threadId: string, caller: Caller, { status, limit, offset }: ListRunsQuery): Run[] {
    this.assertThread(threadId, caller);
    return this.runs.list({ threadId, status: status ?? null, limit, offset });
  }

  /** @throws NotFoundException for a thread that is missing or another's */
  find(threadId: string, runId: string, caller: Caller): Run | null {
    this.assertThread(threadId, caller);
    const run = this.runs.find(runId);
    return run?.threadId === threadId ? run : null;
  }

  /** Stops the run; with `waits` resolves when it has ended. */
  async cancel(run: Run, request: CancelRequest, waits: boolean): Promise<void> {
    await this.cancellation.cancel(run, request);
    if (waits) await this.ending.whenEnded(run);
  }

  /** @throws NotFoundException for a thread that is missing or another's */
  assertThread(threadId: string, caller: Caller): void {
    this.ownership.assert(this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
  }
}
