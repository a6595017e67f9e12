import { Injectable } from '@nestjs/common';
import type { Caller } from '../../../auth/caller.js';
import { readFields } from '../../../runs/requests/run-fields.js';
import { RunRequests } from '../../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../../runs/run-acceptance.js';
import { RunStorage } from '../../../storage/run-storage.js';
import type { Run } from '../../../storage/rows/run.js';
import { refusing } from '../refused-requests.js';
import { ThreadRunsService } from './thread-runs.service.js';
import { createRunRequest } from './thread-runs.dto.js';

/**
 * Runs made over REST. They are accepted as those of `run.start`, so that their events are on the thread's streams;
 * their graph is called as `stream` calls it.
 */
@Injectable()
export class BackgroundRuns {
  constructor(
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly runs: RunStorage,
    private readonly threadRuns: ThreadRunsService,
  ) {}

  /**
   * @throws UnprocessableEntityException (422) for a body that is no run, NotFoundException (404) for a thread,
   *   assistant or checkpoint that there is not, ConflictException (409) for a run that the thread refuses
   */
  async create(threadId: string, caller: Caller, body: Record<string, unknown>): Promise<Run> {
    return refusing(async () => {
      const { if_not_exists: ifNotExists, ...fields } = readFields(createRunRequest, body);
      if (ifNotExists !== 'create') await this.threadRuns.assertThread(threadId, caller);
      const request = await this.requests.toStart(threadId, fields, 'classic');
      const { runId } = await this.acceptance.accept(threadId, caller, request);
      return (await this.runs.find(runId)) as Run;
    });
  }
}
