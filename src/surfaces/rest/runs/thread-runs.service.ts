import { Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { type CancelRequest, RunCancellation } from '../../../runs/run-cancellation.js';
import { RunEnding } from '../../../runs/run-ending.js';
import { RunRemoval } from '../../../runs/run-removal.js';
import type { Run, RunOutline } from '../../../storage/rows/run.js';
import { RunStorage } from '../../../storage/run-storage.js';
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
    private readonly removal: RunRemoval,
  ) {}

  /** @throws NotFoundException for a thread that is missing or another's */
  async list(threadId: string, caller: Caller, { status, limit, offset }: ListRunsQuery): Promise<Run[]> {
    await this.assertThread(threadId, caller);
    return await this.runs.list({ threadId, status: status ?? null, limit, offset });
  }

  /** @throws NotFoundException for a thread that is missing or another's, or has no such run */
  async find(threadId: string, runId: string, caller: Caller): Promise<Run> {
    await this.assertThread(threadId, caller);
    const run = await this.runs.find(runId);
    if (run?.threadId !== threadId) throw new NotFoundException(`Run ${runId} not found on thread ${threadId}`);
    return run;
  }

  /** A run whose thread nobody names. @throws NotFoundException for a run that is missing or another's */
  async findAnywhere(runId: string, caller: Caller): Promise<Run> {
    return this.ownership.assert(await this.runs.find(runId), caller, `Run ${runId}`);
  }

  /** Removes a run; one that has not ended is stopped first. Its events stay in the log of its thread. */
  async delete(run: Run): Promise<void> {
    await this.cancel(run, { action: 'interrupt', reason: 'The run is deleted.' }, true);
    await this.removal.remove(run);
  }

  /** Stops the run; with `waits` resolves when it has ended. */
  async cancel(run: RunOutline, request: CancelRequest, waits: boolean): Promise<void> {
    await this.cancellation.cancel(run, request);
    if (waits) await this.ending.whenEnded(run);
  }

  /** @throws NotFoundException for a thread that is missing or another's */
  async assertThread(threadId: string, caller: Caller): Promise<void> {
    this.ownership.assert(await this.threads.ownerOf(threadId), caller, `Thread ${threadId}`);
  }
}
