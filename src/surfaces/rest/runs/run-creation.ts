import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../../auth/caller.js';
import { readFields } from '../../../runs/requests/run-fields.js';
import type { AnswerRequest, RunRequest } from '../../../runs/requests/run-request.js';
import { InvalidRunError } from '../../../runs/requests/run-request-errors.js';
import { RunRequests } from '../../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../../runs/run-acceptance.js';
import { RunStorage } from '../../../storage/run-storage.js';
import type { Run } from '../../../storage/rows/run.js';
import { TemporaryThreads } from '../../../runs/temporary-threads.js';
import {
  createRunRequest,
  type RestRunFields,
  type StatelessRunFields,
  statelessRunRequest,
  streamModes,
} from './run-body.js';
import { invalidRun, refusing } from '../refused-requests.js';
import { ThreadRunsService } from './thread-runs.service.js';

/** A run that was accepted, and what its client wants beside it. */
export interface CreatedRun {
  readonly run: Run;
  /** The run is cancelled when its client goes before it has ended. */
  readonly cancelsOnDisconnect: boolean;
  /** Its thread goes when it has ended. */
  readonly isTemporary: boolean;
}

type Body = Record<string, unknown>;

/** Who asks for a run, and the headers that came with it. */
export interface RunClient {
  readonly caller: Caller;
  readonly headers: IncomingHttpHeaders;
}

/**
 * Runs made over REST. They are accepted as those of `run.start`, so that their events are on the thread's streams;
 * their graph is called as `stream` calls it.
 */
@Injectable()
export class RunCreation {
  constructor(
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly runs: RunStorage,
    private readonly threadRuns: ThreadRunsService,
    private readonly temporary: TemporaryThreads,
  ) {}

  /**
   * @throws UnprocessableEntityException (422) for a body that is no run, NotFoundException (404) for a thread,
   *   assistant or checkpoint that there is not, ConflictException (409) for a run that the thread refuses
   */
  onThread(threadId: string, client: RunClient, body: Body): Promise<CreatedRun> {
    return refusing(async () => {
      const { caller } = client;
      const { if_not_exists: ifNotExists, ...fields } = readFields(createRunRequest, body);
      if (ifNotExists !== 'create') await this.threadRuns.assertThread(threadId, caller);
      const request = await this.request(threadId, fields, client);
      const { runId } = await this.acceptance.accept(threadId, caller, request);
      const cancelsOnDisconnect = fields.on_disconnect === 'cancel';
      return { run: await this.accepted(runId), cancelsOnDisconnect, isTemporary: false };
    });
  }

  /** The same on a thread of its own, which goes when the run has ended, unless `on_completion` is `keep`. */
  async stateless(client: RunClient, body: Body): Promise<CreatedRun> {
    return this.startStateless(client, this.readStateless(body));
  }

  /**
   * @param loc where in the request the body is
   * @throws UnprocessableEntityException (422) for a body that is no run
   */
  readStateless(body: Body, loc: readonly number[] = []): StatelessRunFields {
    try {
      return readFields(statelessRunRequest, body);
    } catch (error) {
      throw error instanceof InvalidRunError ? invalidRun(error, loc) : error;
    }
  }

  /** Accepts what `readStateless` has read. @throws NotFoundException (404) for an assistant that there is not */
  startStateless(
    client: RunClient, { on_completion: onCompletion, ...fields }: StatelessRunFields,
  ): Promise<CreatedRun> {
    return refusing(async () => {
      const threadId = uuidv7();
      const runId = uuidv7();
      const request = await this.request(threadId, fields, client);
      const isTemporary = onCompletion !== 'keep';
      await this.acceptance.together(threadId, client.caller, (scope) => {
        scope.start(runId, request);
        if (isTemporary) scope.transaction.thread.makeTemporary();
      });
      const run = await this.accepted(runId);
      if (isTemporary) void this.temporary.removeAfterRuns(threadId);
      return { run, cancelsOnDisconnect: fields.on_disconnect === 'cancel', isTemporary };
    });
  }

  private async request(
    threadId: string,
    fields: RestRunFields,
    { caller, headers }: RunClient,
  ): Promise<RunRequest | AnswerRequest> {
    const { stream_mode: modes, stream_subgraphs: subgraphs, after_seconds: afterSeconds } = fields;
    const request = await this.requests.toStart(threadId, fields, 'classic', caller, headers);
    const stream = { modes: streamModes(modes), subgraphs: subgraphs ?? false };
    const notBefore = afterSeconds ? Date.now() + Math.round(afterSeconds * 1_000) : undefined;
    return { ...request, kwargs: { ...request.kwargs, stream }, notBefore } as RunRequest | AnswerRequest;
  }

  private async accepted(runId: string): Promise<Run> {
    return (await this.runs.find(runId)) as Run;
  }
}
