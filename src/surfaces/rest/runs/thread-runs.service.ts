import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { type CancelRequest, RunCancellation } from '../../../runs/run-cancellation.js';
import { RunEnding } from '../../../runs/run-ending.js';
import { RunStorage } from '../../../storage/run-storage.js';
import type { Run } from '../../../storage/rows/run.js';
import { ThreadStorage } from '../../../storage/thread-storage.js';
import type { ListRunsQuery } from './thread-runs.dto.js';

/** The runs of a thread for the REST routes; the owner of the thread owns its runs. */
@Injectable()
export class ThreadRunsService {
  constructor(
    private readonly runs: RunStorage,
    private readonly threads: ThreadStorage,
    private readonly ownership: Ownership,
    private readonly cancellation: RunCancellation,
    private readonly ending: RunEnding,
  ) {}

  /** @throws NotFoundException for a thread that is missing or another's */
  async list(threadId: string, caller: Caller, { status, limit, offset }: ListRunsQuery): Promise<Run[]> {
    await this.assertThread(threadId, caller);
    return this.runs.list({ threadId, status: status ?? null, limit, offset });
  }

  /** @throws NotFoundException for a thread that is missing or another's */
  async find(threadId: string, runId: string, caller: Caller): Promise<Run | null> {
    await this.assertThread(threadId, caller);
    const run = await this.runs.find(runId);
    return run?.threadId === threadId ? run : null;
  }

  /** Stops the run; with `waits` resolves when it has ended. */
  async cancel(run: Run, request: CancelRequest, waits: boolean): Promise<void> {
    await this.cancellation.cancel(run, request);
    if (waits) await this.ending.whenEnded(run);
  }

  /** @throws NotFoundException for a thread that is missing or another's */
  async assertThread(threadId: string, caller: Caller): Promise<void> {
    this.ownership.assert(await this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
  }
}
