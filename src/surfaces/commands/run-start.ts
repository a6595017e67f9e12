import { Injectable } from '@nestjs/common';
import { readFields, requestOf, runFields } from '../../runs/requests/run-fields.js';
import { RunRequests } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';

/** Parameters of `run.start`. */
const runStartParams = requestOf(runFields);

/** `run.start`: answers `{run_id}` as soon as the run is stored, also on a busy thread. */
@Injectable()
export class RunStart implements CommandHandler {
  readonly method = 'run.start';

  constructor(private readonly requests: RunRequests, private readonly acceptance: RunAcceptance) {}

  async handle(raw: Record<string, unknown>, { threadId, caller, headers }: CommandContext): Promise<CommandResult> {
    const fields = readFields(runStartParams, raw);
    const request = await this.requests.toStart(threadId, fields, 'native', caller, headers);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, request);
    return { result: { run_id: runId }, appliedThroughSeq };
  }
}
