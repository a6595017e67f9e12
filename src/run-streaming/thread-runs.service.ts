import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { Ownership } from '../auth/ownership.js';
import { AssistantResolver } from '../graphs/assistant-resolver.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import { type CancelRequest, RunCancellation } from '../runs/run-cancellation.js';
import { RunEnding } from '../runs/run-ending.js';
import { RunRepository } from '../runs/run-repository.js';
import type { Run } from '../runs/run.js';
import { ThreadRepository } from '../threads/thread-repository.js';
import type { CreateRunRequest, ListRunsQuery } from './thread-runs.dto.js';

/** The runs of a thread for the REST routes; the owner of the thread owns its runs. */
@Injectable()
export class ThreadRunsService {
  constructor(
    private readonly runs: RunRepository,
    private readonly threads: ThreadRepository,
    private readonly ownership: Ownership,
    private readonly assistants: AssistantResolver,
    private readonly acceptance: RunAcceptance,
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

  /** @throws NotFoundException, ConflictException, StorageUnavailableError */
  async create(threadId: string, caller: Caller, body: CreateRunRequest): Promise<Run> {
    if (body.if_not_exists !== 'create') this.assertThread(threadId, caller);
    const graphId = this.assistants.graphIdOf(body.assistant_id);
    if (graphId === null) throw new NotFoundException(`Assistant ${body.assistant_id} not found`);
    const config = withCheckpoint(body.config ?? {}, body.checkpoint_id);
    try {
      const { runId } = await this.acceptance.accept(threadId, caller, {
        assistantId: body.assistant_id,
        graphId,
        kwargs: { input: body.input ?? null, config },
        metadata: body.metadata ?? {},
        multitaskStrategy: body.multitask_strategy ?? 'enqueue',
      });
      return this.runs.find(runId) as Run;
    } catch (error) {
      if (error instanceof ProtocolError) throw new ConflictException(error.message);
      throw error;
    }
  }

  /** Stops the run; with `waits` resolves when it has ended. */
  async cancel(run: Run, request: CancelRequest, waits: boolean): Promise<void> {
    await this.cancellation.cancel(run, request);
    if (waits) await this.ending.whenEnded(run);
  }

  private assertThread(threadId: string, caller: Caller): void {
    this.ownership.assert(this.threads.find(threadId), caller, `Thread ${threadId}`);
  }
}

function withCheckpoint(config: Record<string, unknown>, checkpointId: string | null | undefined): Record<string, unknown> {
  if (!checkpointId) return config;
  return { ...config, configurable: { ...(config.configurable as object | undefined), checkpoint_id: checkpointId } };
}
