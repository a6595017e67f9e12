import type { Database as SqliteHandle } from 'better-sqlite3';
import type { NewWebhook } from '../../rows/webhook.js';

/** Writes what ended runs have to tell, inside the transaction of the unit that ends them. */
export class WebhookChanges {
  private readonly insertRow;
  private readonly insertBody;

  constructor(handle: SqliteHandle) {
    this.insertRow = handle.prepare(`INSERT INTO webhooks (webhook_id, run_id, thread_id, url, due_at)
      VALUES (:webhookId, :runId, :threadId, :url, :dueAt)`);
    this.insertBody = handle.prepare('INSERT INTO webhook_documents (webhook_id, body_json) VALUES (?, ?)');
  }

  insert(threadId: string, { bodyJson, ...row }: NewWebhook): void {
    this.insertRow.run({ ...row, threadId });
    this.insertBody.run(row.webhookId, bodyJson);
  }
}
