import { Injectable } from '@nestjs/common';
import type { WebhookRow } from '../rows/webhook.js';
import { WebhookStorage } from '../webhook-storage.js';
import { Database } from './database.js';

/** The tables `webhooks` and `webhook_documents`: one synchronous statement per call. */
@Injectable()
export class SqliteWebhookStorage extends WebhookStorage {
  private readonly dueNow;
  private readonly firstDue;
  private readonly bodyOf;
  private readonly take;
  private readonly setDue;
  private readonly deleteRow;

  constructor({ handle }: Database) {
    super();
    this.dueNow = handle.prepare<[number, number], WebhookRow>(
      `SELECT webhook_id AS webhookId, run_id AS runId, thread_id AS threadId, url, attempt, due_at AS dueAt
       FROM webhooks WHERE due_at <= ? ORDER BY due_at LIMIT ?`,
    );
    this.firstDue = handle.prepare<[], number | null>('SELECT MIN(due_at) FROM webhooks').pluck();
    this.bodyOf = handle
      .prepare<[string], string>('SELECT body_json FROM webhook_documents WHERE webhook_id = ?')
      .pluck();
    this.take = handle.prepare<[number, string, number]>(
      'UPDATE webhooks SET due_at = ?, attempt = attempt + 1 WHERE webhook_id = ? AND due_at = ?',
    );
    this.setDue = handle.prepare<[number, string]>('UPDATE webhooks SET due_at = ? WHERE webhook_id = ?');
    this.deleteRow = handle.prepare<[string]>('DELETE FROM webhooks WHERE webhook_id = ?');
  }

  override due(now: number, limit: number): WebhookRow[] {
    return this.dueNow.all(now, limit);
  }

  override nextDueAt(): number | null {
    return this.firstDue.get() ?? null;
  }

  override body(webhookId: string): string | null {
    return this.bodyOf.get(webhookId) ?? null;
  }

  override claim({ webhookId, dueAt }: WebhookRow, leaseEnd: number): boolean {
    return this.take.run(leaseEnd, webhookId, dueAt).changes > 0;
  }

  override postpone(webhookId: string, dueAt: number): void {
    this.setDue.run(dueAt, webhookId);
  }

  override remove(webhookId: string): void {
    this.deleteRow.run(webhookId);
  }
}
