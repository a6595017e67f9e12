import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { EventLog } from '../../event-log/event-log.js';
import { EventReader } from '../../storage/event-reader.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import type { RunOutline } from '../../runs/run.js';
import { RunRepository } from '../../runs/run-repository.js';
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
    private readonly runs: RunRepository,
    private readonly log: EventLog,
    private readonly reader: EventReader,
  ) {}

  async handle(raw: Record<string, unknown>, { threadId }: CommandContext): Promise<CommandResult> {
    const { run_id: runId } = readParams(AgentGetTreeParams, raw);
    const run = this.find(threadId, runId ?? null);
    const head = this.log.head(threadId);
    const rows = head ? this.reader.lifecycleOf(head.threadKey, run.runId) : [];
    return { result: { tree: agentTree(run.graphId, rows) }, appliedThroughSeq: this.log.lastSeq(threadId) };
  }

  private find(threadId: string, runId: string | null): RunOutline {
    if (runId !== null) {
      const run = this.runs.outline(runId);
      if (run?.threadId === threadId) return run;
      throw new ProtocolError('no_such_run', `Thread ${threadId} has no run ${runId}.`);
    }
    const newest = this.runs.next(threadId) ?? this.runs.newest(threadId);
    if (!newest) throw new ProtocolError('no_such_run', `Thread ${threadId} has had no run yet.`);
    return newest;
  }
}
