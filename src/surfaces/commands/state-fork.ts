import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { readFields, requestOf, runFields } from '../../runs/requests/run-fields.js';
import { RunRequests, runRequest } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { ThreadGraph } from './thread-graph.js';

/** Parameters of `state.fork`: those of a run, from this checkpoint; a graph is not named, it is that of the thread. */
const { assistant_id: _assistant, checkpoint: _checkpoint, command: _command, ...settings } = runFields;
const stateForkParams = requestOf({
  ...settings,
  checkpoint_id: z.string('must be a string').min(1, 'must not be empty'),
});

/** `state.fork`: starts a run from an earlier checkpoint of the thread. Answers `{run_id, thread_id}`. */
@Injectable()
export class StateFork implements CommandHandler {
  readonly method = 'state.fork';

  constructor(
    private readonly threadGraph: ThreadGraph,
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller }: CommandContext): Promise<CommandResult> {
    const { config, ...fields } = readFields(stateForkParams, raw);
    const configurable = { ...(config?.configurable as object | undefined), checkpoint_id: fields.checkpoint_id };
    const request = runRequest(
      await this.threadGraph.of(threadId),
      { ...fields, config: { ...config, configurable } },
      'native',
    );
    await this.requests.assertCheckpoint(threadId, request.kwargs);
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, request);
    return { result: { run_id: runId, thread_id: threadId }, appliedThroughSeq };
  }
}
