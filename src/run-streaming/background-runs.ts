import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from '../auth/caller.js';
import { AssistantResolver } from '../graphs/assistant-resolver.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { CheckpointLookup } from '../runs/checkpoint-lookup.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import { RunRepository } from '../runs/run-repository.js';
import type { Run } from '../runs/run.js';
import type { CreateRunRequest } from './thread-runs.dto.js';

/** Runs made over REST; they are accepted like those of `run.start`, so their events are on the thread's streams. */
@Injectable()
export class BackgroundRuns {
  constructor(
    private readonly assistants: AssistantResolver,
    private readonly acceptance: RunAcceptance,
    private readonly runs: RunRepository,
    private readonly checkpoints: CheckpointLookup,
  ) {}

  /** @throws NotFoundException for an unknown assistant, ConflictException (409) for a run that is refused */
  async create(threadId: string, caller: Caller, body: CreateRunRequest): Promise<Run> {
    const graphId = this.assistants.graphIdOf(body.assistant_id);
    if (graphId === null) throw new NotFoundException(`Assistant ${body.assistant_id} not found`);
    const config = withCheckpoint(body.config ?? {}, body.checkpoint_id);
    try {
      const { checkpoint_id: fork } = (config.configurable ?? {}) as { checkpoint_id?: string | null };
      if (fork) await this.checkpoints.assert(threadId, fork);
      const { runId } = await this.acceptance.accept(threadId, caller, {
        assistantId: body.assistant_id,
        graphId,
        kwargs: { input: body.input ?? null, config },
        metadata: body.metadata ?? {},
        multitaskStrategy: body.multitask_strategy ?? 'enqueue',
      });
      return this.runs.find(runId) as Run;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (error.code === 'no_such_checkpoint') throw new NotFoundException(error.message);
      throw new ConflictException(error.message);
    }
  }
}

function withCheckpoint(config: Record<string, unknown>, checkpointId: string | null | undefined): Record<string, unknown> {
  if (!checkpointId) return config;
  return { ...config, configurable: { ...(config.configurable as object | undefined), checkpoint_id: checkpointId } };
}
