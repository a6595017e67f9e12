import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { EventLog } from '../../event-log/event-log.js';
import { EventReader } from '../../storage/log/event-reader.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { RunOutline } from '../../storage/rows/run.js';
import { RunStorage } from '../../storage/run-storage.js';
import { agentTree } from './agent-tree.js';
import type { CommandContext, CommandHandler, CommandResult } from './command.js';
import { readParams } from './command-params.js';

/** Parameters of `agent.getTree`; without `run_id` the active run is meant, or else the newest. */
export class AgentGetTreeParams {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  run_id?: string | null;
}

/** `agent.getTree`: answers `{tree}` of any run of the thread, also a finished one, read from the log. */
@Injectable()
export class AgentGetTree implements CommandHandler {
  readonly method = 'agent.getTree';
  readonly hasLargeAnswer = true;

  constructor(
    private readonly runs: RunStorage,
    private readonly log: EventLog,
    private readonly reader: EventReader,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId }: CommandContext): Promise<CommandResult> {
    const { run_id: runId } = readParams(AgentGetTreeParams, raw);
    const run = await this.find(threadId, runId ?? null);
    const head = this.log.head(threadId);
    const rows = head ? await this.reader.lifecycleOf(head.threadKey, run.runId) : [];
    return { result: { tree: agentTree(run.graphId, rows) }, appliedThroughSeq: this.log.lastSeq(threadId) };
  }

  private async find(threadId: string, runId: string | null): Promise<RunOutline> {
    if (runId !== null) {
      const run = await this.runs.outline(runId);
      if (run?.threadId === threadId) return run;
      throw new ProtocolError('no_such_run', `Thread ${threadId} has no run ${runId}.`);
    }
    const newest = (await this.runs.next(threadId)) ?? (await this.runs.newest(threadId));
    if (!newest) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    return newest;
  }
}
