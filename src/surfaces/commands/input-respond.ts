import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { type GivenAnswers, answerFields } from '../../runs/requests/answer-fields.js';
import { readFields } from '../../runs/requests/run-fields.js';
import { RunRequests, answerRequest } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';

/** `input.respond`: answers open interrupts with a run of their own; answers `{run_id}` once that run is stored. */
@Injectable()
export class InputRespond implements CommandHandler {
  readonly method = 'input.respond';
  private readonly fields: ReturnType<typeof answerFields>;

  constructor(
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
    settings: Settings,
  ) {
    this.fields = answerFields(settings.MAX_INPUT_RESPONSES);
  }

  async handle(raw: Record<string, unknown>, { threadId, caller, headers }: CommandContext): Promise<CommandResult> {
    const { interrupt_id, response, responses, update, goto, ...settings } = readFields(this.fields, raw);
    const answers = { byId: answersOf({ interrupt_id, response, responses }) };
    const fields = this.requests.withHeaders({ ...settings, command: { update, goto } }, headers);
    const request = answerRequest(answers, fields);
    await this.requests.assertCheckpoint(threadId, request.kwargs);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, request);
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}

function refuse(message: string): never {
  throw new ProtocolError('invalid_argument', message);
}

function answersOf({ interrupt_id: id, response, responses }: GivenAnswers): Record<string, unknown> {
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
