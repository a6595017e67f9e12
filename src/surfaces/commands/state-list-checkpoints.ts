import { Injectable } from '@nestjs/common';
import { IsArray, IsInt, IsNotEmpty, IsOptional, IsString, Min } from 'class-validator';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { CheckpointLookup } from '../../runs/checkpoint-lookup.js';
import type { ThreadState } from '../../threads/thread-state.js';
import { ThreadStateReader } from '../../threads/thread-state-reader.js';
import { AtMost } from '../../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';
import { ThreadGraph } from './thread-graph.js';

const DEFAULT_LIMIT = 10;

/** Parameters of `state.listCheckpoints`; `before` is a checkpoint id. */
export class ListCheckpointsParams {
  @IsOptional()
  @IsArray()
  @AtMost('MAX_NAMESPACE_SEGMENTS')
  @IsString({ each: true })
  namespace?: string[] | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  limit?: number | null;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  before?: string | null;
}

/** `state.listCheckpoints`: answers `{checkpoints: [{id, timestamp, step, metadata}]}`, newest first. */
@Injectable()
export class StateListCheckpoints implements CommandHandler {
  readonly method = 'state.listCheckpoints';
  readonly hasLargeAnswer = true;

  constructor(
    private readonly threadGraph: ThreadGraph,
    private readonly states: ThreadStateReader,
    private readonly checkpoints: CheckpointLookup,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId }: CommandContext): Promise<CommandResult> {
    const { namespace, limit, before } = readParams(ListCheckpointsParams, raw, this.settings);
    const appliedThroughSeq = this.log.lastSeq(threadId);
    const thread = await this.threadGraph.thread(threadId);
    const path = namespace ?? [];
    if (before) await this.checkpoints.assert(threadId, before, path);
    const states = await this.states.history(thread, {
      limit: Math.min(limit ?? DEFAULT_LIMIT, this.settings.MAX_HISTORY_LIMIT),
      checkpoint: { checkpoint_ns: path.join('|') },
      ...(before ? { before } : {}),
    });
    if (states.length === 0 && path.length > 0 && !before) {
      throw new ProtocolError('no_such_namespace', `Thread ${threadId} has no checkpoint at ${JSON.stringify(path)}.`);
    }
    return { result: { checkpoints: states.map(summary) }, appliedThroughSeq };
  }
}

function summary({ checkpoint_id: id, created_at: timestamp, metadata }: ThreadState): Record<string, unknown> {
  const { step, ...rest } = metadata;
  return { id, timestamp, step, metadata: rest };
}
