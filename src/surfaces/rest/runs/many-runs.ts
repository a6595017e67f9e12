import { Injectable, UnprocessableEntityException } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { Ownership } from '../../../auth/ownership.js';
import { Settings } from '../../../config/settings.js';
import { validationIssue } from '../../../protocol/validation-issue.js';
import { RunStorage } from '../../../storage/run-storage.js';
import type { CancelAction, RunOutline } from '../../../storage/rows/run.js';
import { type CreatedRun, type RunClient, RunCreation } from './run-creation.js';
import type { CancelRunsRequest } from './thread-runs.dto.js';
import { ThreadRunsService } from './thread-runs.service.js';

/** Runs that are made or stopped by one request. */
@Injectable()
export class ManyRuns {
  constructor(
    private readonly creation: RunCreation,
    private readonly service: ThreadRunsService,
    private readonly runs: RunStorage,
    private readonly ownership: Ownership,
    private readonly settings: Settings,
  ) {}

  /**
   * Makes a stateless run of each body, in order.
   * @throws UnprocessableEntityException for what is no list of runs, before any is made
   */
  async create(bodies: unknown, client: RunClient): Promise<CreatedRun[]> {
    const wishes = this.bodiesOf(bodies);
    const requests = wishes.map((body, index) => this.creation.readStateless(body, [index]));
    const created: CreatedRun[] = [];
    for (const request of requests) created.push(await this.creation.startStateless(client, request));
    return created;
  }

  /**
   * Stops runs; those that have ended stay as they are.
   * @throws NotFoundException for a thread that is missing or another's, or has no such run;
   *   UnprocessableEntityException for a request that names none
   */
  async cancel(request: CancelRunsRequest, action: CancelAction, caller: Caller): Promise<void> {
    const runs = await this.named(request, caller);
    for (const run of runs) await this.service.cancel(run, { action, reason: null }, false);
  }

  private async named(request: CancelRunsRequest, caller: Caller): Promise<RunOutline[]> {
    const { thread_id: threadId, run_ids: runIds, status } = request;
    if (runIds) {
      if (!threadId) throw issue(['body', 'thread_id'], 'thread_id is required with run_ids', 'missing');
      return Promise.all(runIds.map((runId) => this.service.find(threadId, runId, caller)));
    }
    if (!status && !threadId) throw issue(['body'], 'name thread_id with run_ids, or a status', 'missing');
    if (threadId) await this.service.assertThread(threadId, caller);
    const threads = threadId ? [threadId] : await this.runs.threadsWithUnfinishedRuns();
    const unfinished: RunOutline[] = [];
    for (const thread of threads) unfinished.push(...(await this.runs.unfinishedOf(thread)));
    return unfinished.filter(
      (run) => this.ownership.mayAccess(run.owner, caller) && (!status || status === 'all' || run.status === status),
    );
  }

  private bodiesOf(bodies: unknown): Record<string, unknown>[] {
    const most = this.settings.MAX_BATCH_RUNS;
    if (!Array.isArray(bodies)) throw issue(['body'], 'Input should be a list of runs', 'list_type');
    if (bodies.length > most) {
      throw issue(['body'], `at most ${most} runs may be asked for at once (MAX_BATCH_RUNS)`, 'too_long');
    }
    return bodies.map((body: unknown, index) => {
      if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
      throw issue(['body', index], 'Input should be a JSON object', 'model_attributes_type');
    });
  }
}

function issue(loc: (string | number)[], message: string, type: string): UnprocessableEntityException {
  return new UnprocessableEntityException({ detail: [validationIssue(loc, message, type)] });
}
