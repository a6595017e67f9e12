import { Injectable, NotFoundException } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../auth/caller.js';
import { Ownership } from '../../auth/ownership.js';
import { UnknownAssistantError } from '../../runs/requests/run-request-errors.js';
import { RunRequests } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import { RunCancellation } from '../../runs/run-cancellation.js';
import { RunStorage } from '../../storage/run-storage.js';
import type { Run } from '../../storage/rows/run.js';
import { runIdOf } from './execution.js';
import type { CreateExecutionRequest } from './executions.dto.js';

/** Executions as runs: each on a thread of its own, unless a thread is named. */
@Injectable()
export class ExecutionsService {
  constructor(
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly cancellation: RunCancellation,
    private readonly runs: RunStorage,
    private readonly ownership: Ownership,
  ) {}

  /**
   * Accepts the run; does not wait for it. Returns its id.
   * @throws NotFoundException for an unknown pattern or another's thread, ServiceUnavailableException, ProtocolError
   *   `invalid_argument` for a busy thread and `reject`
   */
  async create({ patternName, input, options }: CreateExecutionRequest, caller: Caller): Promise<string> {
    const threadId = options?.threadId ?? uuidv7();
    const fields = { assistant_id: patternName, input, multitask_strategy: options?.multitaskStrategy };
    try {
      const { runId } = await this.acceptance.accept(
        threadId,
        caller,
        await this.requests.toStart(threadId, fields, 'classic'),
      );
      return runId;
    } catch (error) {
      if (error instanceof UnknownAssistantError)
        throw new NotFoundException(`Pattern ${patternName} not found: ${error.message}`);
      throw error;
    }
  }

  /** @throws NotFoundException for an id that is unknown or another's */
  async find(id: string, caller: Caller): Promise<Run> {
    return this.ownership.assert(await this.runs.find(runIdOf(id)), caller, `Execution ${id}`);
  }

  /** The caller's executions, newest first, and how many there are. */
  async list(
    caller: Caller,
    query: { threadId: string | null; limit: number; offset: number },
  ): Promise<{ runs: Run[]; total: number }> {
    const runs = await this.runs.listOwned({ owner: caller.owner, ...query });
    return { runs, total: await this.runs.countOwned(caller.owner, query.threadId) };
  }

  /** Stops it at any moment; one that has ended stays as it is. Returns whether it had not ended. */
  async cancel(run: Run): Promise<boolean> {
    await this.cancellation.cancel(run, { action: 'interrupt', reason: null });
    return run.status === 'pending' || run.status === 'running';
  }
}
