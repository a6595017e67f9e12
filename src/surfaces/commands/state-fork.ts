import { Injectable } from '@nestjs/common';
import { name, readFields, requestOf, runFields } from '../../runs/requests/run-fields.js';
import { RunRequests } from '../../runs/requests/run-requests.js';
import { RunAcceptance } from '../../runs/run-acceptance.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { ThreadGraph } from './thread-graph.js';

/** Parameters of `state.fork`: those of a run, from this checkpoint; a graph is not named, it is that of the thread. */
const { assistant_id: _assistant, checkpoint: _checkpoint, command: _command, ...settings } = runFields;
const stateForkParams = requestOf({ ...settings, checkpoint_id: name });

/** `state.fork`: starts a run from an earlier checkpoint of the thread. Answers `{run_id, thread_id}`. */
@Injectable()
export class StateFork implements CommandHandler {
  readonly method = 'state.fork';

  constructor(
    private readonly threadGraph: ThreadGraph,
    private readonly requests: RunRequests,
    private readonly acceptance: RunAcceptance,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId, caller, headers }: CommandContext): Promise<CommandResult> {
    const { config, ...fields } = readFields(stateForkParams, raw);
    const configurable = { ...(config?.configurable as object | undefined), checkpoint_id: fields.checkpoint_id };
    const request = await this.requests.onThread(
      threadId,
      await this.threadGraph.of(threadId),
      { ...fields, config: { ...config, configurable } },
      'native',
      caller,
      headers,
    );
    const { runId, appliedThroughSeq } = await this.acceptance.accept(threadId, caller, request);
    return { result: { run_id: runId, thread_id: threadId }, appliedThroughSeq };
  }
}
