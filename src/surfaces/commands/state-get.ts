import { Injectable } from '@nestjs/common';
import { IsArray, IsOptional, IsString } from 'class-validator';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { stateJson } from '../../graphs/state-json.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { ThreadStorage } from '../../storage/thread-storage.js';
import { ThreadStateReader } from '../../threads/thread-state-reader.js';
import { AtMost } from '../../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';

/** Parameters of `state.get`: where in the graph, and which values of it. */
export class StateGetParams {
  @IsOptional()
  @IsArray()
  @AtMost('MAX_NAMESPACE_SEGMENTS')
  @IsString({ each: true })
  namespace?: string[] | null;

  @IsOptional()
  @IsArray()
  @AtMost('MAX_STATE_KEYS')
  @IsString({ each: true })
  keys?: string[] | null;
}

/** `state.get`: answers `{values, checkpoint?: {id, ns}}` of a namespace, with the named keys only. */
@Injectable()
export class StateGet implements CommandHandler {
  readonly method = 'state.get';
  readonly hasLargeAnswer = true;

  constructor(
    private readonly threads: ThreadStorage,
    private readonly states: ThreadStateReader,
    private readonly log: EventLog,
    private readonly settings: Settings,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId }: CommandContext): Promise<CommandResult> {
    const { namespace, keys } = readParams(StateGetParams, raw, this.settings);
    const appliedThroughSeq = this.log.lastSeq(threadId);
    const thread = await this.threads.outline(threadId);
    if (!thread) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    const path = namespace ?? [];
    const state = await this.states.read(thread, { checkpoint_ns: path.join('|') });
    if (path.length > 0 && !state?.checkpoint) {
      throw new ProtocolError('no_such_namespace', `Thread ${threadId} has no state at ${JSON.stringify(path)}.`);
    }
    const values = JSON.parse(stateJson(state?.values ?? {})) as Record<string, unknown>;
    const chosen = keys
      ? Object.fromEntries(keys.filter((key) => Object.hasOwn(values, key)).map((key) => [key, values[key]]))
      : values;
    const checkpoint = state?.checkpoint
      ? { id: state.checkpoint.checkpoint_id, ns: state.checkpoint.checkpoint_ns }
      : null;
    return { result: { values: chosen, ...(checkpoint ? { checkpoint } : {}) }, appliedThroughSeq };
  }
}
