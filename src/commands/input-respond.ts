import { Injectable } from '@nestjs/common';
import { ArrayNotEmpty, IsArray, IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { Settings } from '../config/settings.js';
import { ProtocolError } from '../protocol/protocol-error.js';
import { RunAcceptance } from '../runs/run-acceptance.js';
import { AtMost, Nested, UserData } from '../validation/client-fields.js';
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

  /** Changes to the state: an object, or a list of `[key, value]`. */
  @UserData()
  update?: unknown;

  /** Where to go on: a node, `{node, input}`, or a list of these. */
  @UserData()
  goto?: unknown;

  @IsOptional()
  @IsObject()
  config?: Record<string, unknown> | null;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @IsOptional()
  @IsBoolean()
  strict_resume?: boolean | null;
}

/** `input.respond`: answers open interrupts with a run of their own; answers `{run_id}` once that run is stored. */
@Injectable()
export class InputRespond implements CommandHandler {
  readonly method = 'input.respond';

  constructor(private readonly acceptance: RunAcceptance, private readonly settings: Settings) {}

  async handle(raw: Record<string, unknown>, { threadId, caller }: CommandContext): Promise<CommandResult> {
    const params = readParams(InputRespondParams, raw, this.settings);
    const resume = answersOf(params);
    checkUpdate(params.update);
    checkGoto(params.goto);
    const command = {
      resume,
      ...(params.update == null ? {} : { update: params.update }),
      ...(params.goto == null ? {} : { goto: params.goto }),
    };
    const { runId, appliedThroughSeq } = await this.acceptance.respond(threadId, caller, command, {
      config: params.config ?? {},
      metadata: params.metadata ?? {},
      strict: params.strict_resume ?? false,
    });
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}

function refuse(message: string): never {
  throw new ProtocolError('invalid_argument', message);
}

function answersOf({ interrupt_id: id, response, responses }: InputRespondParams): Record<string, unknown> {
  if (id && responses) refuse('give either interrupt_id or responses, not both');
  const answers = responses ?? (id ? [{ interrupt_id: id, response }] : refuse('interrupt_id or responses is required'));
  const resume = new Map<string, unknown>();
  for (const answer of answers) {
    if (resume.has(answer.interrupt_id)) refuse(`responses answers ${answer.interrupt_id} twice`);
    resume.set(answer.interrupt_id, answer.response ?? null);
  }
  return Object.fromEntries(resume);
}

function checkUpdate(update: unknown): void {
  if (update === undefined || update === null) return;
  const isPair = (entry: unknown): boolean => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string';
  const legal = Array.isArray(update) ? update.every(isPair) : typeof update === 'object';
  if (!legal) refuse('update must be an object or a list of [key, value] pairs');
}

function checkGoto(goto: unknown): void {
  const isTarget = (target: unknown): boolean =>
    typeof target === 'string' || typeof (target as { node?: unknown } | null)?.node === 'string';
  if (goto === undefined || goto === null) return;
  if (!(Array.isArray(goto) ? goto.every(isTarget) : isTarget(goto))) {
    refuse('goto must be a node, {node, input}, or a list of these');
  }
}
