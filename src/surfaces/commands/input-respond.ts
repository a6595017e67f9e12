import { Injectable } from '@nestjs/common';
import { ArrayNotEmpty, IsArray, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Settings } from '../../config/settings.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { commandChanges, readFields, requestOf, runSettings } from '../../runs/requests/run-fields.js';
import { RunRequests, answerRequest } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import { AtMost, Nested, UserData } from '../../validation/client-fields.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';

/** One answer. The id alone says which interrupt is meant; `namespace` is accepted and not needed. */
export class InterruptResponse {
  @IsString()
  @IsNotEmpty()
  interrupt_id: string;

  @UserData()
  response?: unknown;
}

/** Parameters of `input.respond`: one answer, or several in `responses`. */
export class InputRespondParams {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  interrupt_id?: string | null;

  @UserData()
  response?: unknown;

  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @AtMost('MAX_INPUT_RESPONSES')
  @Nested(() => InterruptResponse, { each: true })
  responses?: InterruptResponse[] | null;
}

/** Its other parameters: changes to the state and where to go on, and what any run may have. */
const respondParams = requestOf({ ...commandChanges, ...runSettings });

/** `input.respond`: answers open interrupts with a run of their own; answers `{run_id}` once that run is stored. */
@Injectable()
export class InputRespond implements CommandHandler {
  readonly method = 'input.respond';

  constructor(
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    private readonly settings: Settings,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller }: CommandContext): Promise<CommandResult> {
    const byId = answersOf(readParams(InputRespondParams, raw, this.settings));
    const { update, goto, ...settings } = readFields(respondParams, raw);
    const request = answerRequest({ byId }, { ...settings, command: { update, goto } });
    await this.requests.assertCheckpoint(threadId, request.kwargs);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, request);
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}

function refuse(message: string): never {
  throw new ProtocolError('invalid_argument', message);
}

function answersOf({ interrupt_id: id, response, responses }: InputRespondParams): Record<string, unknown> {
  if (id && responses) refuse('give either interrupt_id or responses, not both');
  const answers =
    responses ?? (id ? [{ interrupt_id: id, response }] : refuse('interrupt_id or responses is required'));
  const resume = new Map<string, unknown>();
  for (const answer of answers) {
    if (resume.has(answer.interrupt_id)) refuse(`responses answers ${answer.interrupt_id} twice`);
    resume.set(answer.interrupt_id, answer.response ?? null);
  }
  return Object.fromEntries(resume);
}
