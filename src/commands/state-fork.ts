import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { CheckpointLookup } from '../runs/checkpoint-lookup.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import { UserData } from '../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';
import { checkedConfig } from './run-config.js';
import { ThreadGraph } from './thread-graph.js';

/** Parameters of `state.fork`. */
export class StateForkParams {
  @IsString()
  @IsNotEmpty()
  checkpoint_id: string;

  /** Null or absent plays on from the checkpoint. */
  @UserData()
  input?: unknown;

  @IsOptional()
  @IsObject()
  config?: Record<string, unknown> | null;
}

/** `state.fork`: starts a run from an earlier checkpoint of the thread. Answers `{run_id, thread_id}`. */
@Injectable()
export class StateFork implements CommandHandler {
  readonly method = 'state.fork';

  constructor(
    private readonly threadGraph: ThreadGraph,
    private readonly checkpoints: CheckpointLookup,
    private readonly acceptance: RunAcceptance,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller }: CommandContext): Promise<CommandResult> {
    const { checkpoint_id: checkpointId, input, config } = readParams(StateForkParams, raw);
    const graph = this.threadGraph.of(threadId);
    await this.checkpoints.assert(threadId, checkpointId);
    const checked = checkedConfig(config);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, {
      ...graph,
      kwargs: {
        input: input ?? null,
        config: { ...checked, configurable: { ...(checked.configurable as object | undefined), checkpoint_id: checkpointId } },
      },
      metadata: {},
      multitaskStrategy: 'enqueue',
    });
    return { result: { run_id: runId, thread_id: threadId }, appliedThroughSeq };
  }
}
