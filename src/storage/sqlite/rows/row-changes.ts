import type { Database as SqliteHandle } from 'better-sqlite3';
import type { SessionRow } from '../../rows/session.js';
import type { RowChange } from '../../unit/row-change.js';
import { CronTicks } from './cron-ticks.js';
import { InterruptChanges } from './interrupt-changes.js';
import { RunChanges } from './run-changes.js';
import { WebhookChanges } from './webhook-changes.js';
import { ThreadChanges } from './thread-changes.js';

/** Applies what a unit changed beside the log, inside its transaction. */
export class RowChanges {
  private readonly threads: ThreadChanges;
  private readonly runs: RunChanges;
  private readonly interrupts: InterruptChanges;
  private readonly crons: CronTicks;
  private readonly webhooks: WebhookChanges;
  private readonly upsertSession;

  constructor(handle: SqliteHandle) {
    this.threads = new ThreadChanges(handle);
    this.runs = new RunChanges(handle);
    this.interrupts = new InterruptChanges(handle);
    this.crons = new CronTicks(handle);
    this.webhooks = new WebhookChanges(handle);
    this.upsertSession = handle.prepare(`INSERT OR REPLACE INTO sessions (thread_id, owner, agent_id, agent_version,
      agent_json, environment_id, title, metadata_json, held_turns_json, created_at, updated_at, archived_at)
      VALUES (:threadId, :owner, :agentId, :agentVersion, :agentJson, :environmentId, :title, :metadataJson,
      :heldTurnsJson, :createdAt, :updatedAt, :archivedAt)`);
  }

  apply(threadId: string, change: RowChange): void {
    switch (change.kind) {
      case 'thread.insert':
        return this.threads.insert(threadId, change.thread);
      case 'thread.status':
        return this.threads.setStatus(threadId, change.status, change.error, change.now);
      case 'thread.metadata':
        return this.threads.setMetadata(threadId, change.metadata, change.now);
      case 'thread.state':
        return this.threads.touchState(threadId, change.now);
      case 'thread.temporary':
        return this.threads.makeTemporary(threadId);
      case 'thread.remove':
        return this.threads.remove(threadId);
      case 'cron.tick':
        return this.crons.apply(change.tick);
      case 'webhook.insert':
        return this.webhooks.insert(threadId, change.webhook);
      case 'run.insert':
        return this.runs.insert(change.run);
      case 'run.start':
        return this.runs.start(change.run);
      case 'run.end':
        return this.runs.end(change.runId, change.status, change.error, change.now);
      case 'run.stop':
        return this.runs.stop(change.wish);
      case 'run.stopWaiting':
        return this.runs.stopWaiting(change.wish);
      case 'run.settle':
        return this.runs.settle(change.runId);
      case 'run.remove':
        return this.runs.remove(change.runId);
      case 'interrupt.save':
        return this.interrupts.save(change.row, change.dataJson, change.now);
      case 'interrupt.update':
        return this.interrupts.update(change.row);
      case 'interrupt.remove':
        return this.interrupts.remove(threadId, change.interruptId);
      case 'session.save':
        return this.saveSession(change.row);
    }
  }

  private saveSession({ agent, metadata, heldTurns, ...row }: SessionRow): void {
    this.upsertSession.run({
      ...row,
      agentId: agent.agent.id,
      agentVersion: agent.agent.version,
      agentJson: JSON.stringify(agent),
      metadataJson: JSON.stringify(metadata),
      heldTurnsJson: JSON.stringify(heldTurns),
    });
  }
}
