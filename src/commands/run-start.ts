import { Injectable } from '@nestjs/common';
import { IsIn, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { AssistantResolver } from '../graphs/assistant-resolver.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { CheckpointLookup } from '../runs/checkpoint-lookup.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import type { MultitaskStrategy } from '../runs/run.js';
import { StreamingAvailability } from '../threads/streaming-availability.js';
import { UserData } from '../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';
import { checkedConfig } from './run-config.js';

const STRATEGIES = ['enqueue', 'reject', 'interrupt', 'rollback'] as const;

/** Parameters of `run.start`. A strategy comes under either spelling; the first one wins. */
export class RunStartParams {
  @IsString()
  @IsNotEmpty()
  assistant_id: string;

  /** Null or absent continues the newest checkpoint, or the one named in `config.configurable.checkpoint_id`. */
  @UserData()
  input?: unknown;

  @IsOptional()
  @IsObject()
  config?: Record<string, unknown> | null;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @IsOptional()
  @IsIn(STRATEGIES)
  multitask_strategy?: MultitaskStrategy | null;

  @IsOptional()
  @IsIn(STRATEGIES)
  multitaskStrategy?: MultitaskStrategy | null;
}

/** `run.start`: answers `{run_id}` as soon as the run is stored, also on a busy thread. */
@Injectable()
export class RunStart implements CommandHandler {
  readonly method = 'run.start';

  constructor(
    private readonly assistants: AssistantResolver,
    private readonly availability: StreamingAvailability,
    private readonly acceptance: RunAcceptance,
    private readonly checkpoints: CheckpointLookup,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller }: CommandContext): Promise<CommandResult> {
    const params = readParams(RunStartParams, raw);
    const graphId = this.assistants.graphIdOf(params.assistant_id);
    if (graphId === null) {
      throw new ProtocolError('invalid_argument', `assistant_id ${params.assistant_id} names no assistant or graph`);
    }
    this.availability.assertGraph(graphId);
    const config = checkedConfig(params.config);
    const { checkpoint_id: fork } = (config.configurable ?? {}) as { checkpoint_id?: string | null };
    if (fork) await this.checkpoints.assert(threadId, fork);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, {
      assistantId: params.assistant_id,
      graphId,
      kwargs: { input: params.input ?? null, config },
      metadata: params.metadata ?? {},
      multitaskStrategy: params.multitask_strategy ?? params.multitaskStrategy ?? 'enqueue',
    });
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}
