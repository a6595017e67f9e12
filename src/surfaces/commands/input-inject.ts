import { Injectable } from '@nestjs/common';
import { IsArray, IsDefined, IsIn, IsOptional, IsString } from 'class-validator';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { RunRequests } from '../../runs/requests/run-requests.js';
import { Settings } from '../../config/settings.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import { AtMost, Nested } from '../../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';
import { ThreadGraph } from './thread-graph.js';

/** A message for the graph's `messages`. */
export class InjectedMessage {
  @IsIn(['user', 'system'])
  role: 'user' | 'system';

  @IsString()
  content: string;

  @IsOptional()
  @IsString()
  name?: string;
}

/** Parameters of `input.inject`. */
export class InputInjectParams {
  @IsOptional()
  @IsArray()
  @AtMost('MAX_NAMESPACE_SEGMENTS')
  @IsString({ each: true })
  namespace?: string[] | null;

  @IsDefined()
  @Nested(() => InjectedMessage)
  message: InjectedMessage;
}

/**
 * `input.inject`: gives the thread's graph one more message, in a run of its own that comes directly after the active
 * one, or now. It is new input, never the answer to an interrupt. Answers `{run_id}`.
 */
@Injectable()
export class InputInject implements CommandHandler {
  readonly method = 'input.inject';

  constructor(
    private readonly threadGraph: ThreadGraph,
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly settings: Settings,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller, headers }: CommandContext): Promise<CommandResult> {
    const { namespace, message } = readParams(InputInjectParams, raw, this.settings);
    if (namespace && namespace.length > 0) {
      throw new ProtocolError(
        'not_supported',
        'A message can be injected at the root namespace only; leave namespace empty.',
      );
    }
    const { role, content, name } = message;
    const input = { messages: [{ role, content, ...(name === undefined ? {} : { name }) }] };
    const target = await this.threadGraph.of(threadId);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, {
      ...(await this.requests.onThread(threadId, target, { input }, 'native', caller, headers)),
      priority: 1,
      answersInterrupts: false,
    });
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}
