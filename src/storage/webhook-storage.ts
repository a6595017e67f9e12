import type { Awaitable } from './awaitable.js';
import type { WebhookRow } from './rows/webhook.js';

/** What ended runs have still to tell. It is stored by the decision that ends the run (`ThreadUnit.enqueueWebhook`). */
export abstract class WebhookStorage {
  /** Those that are due at `now`, the one that waits longest first. */
  abstract due(now: number, limit: number): Awaitable<WebhookRow[]>;

  /** When the next one is due (epoch ms), or null. */
  abstract nextDueAt(): Awaitable<number | null>;

  /** JSON text; null when it was sent and removed. */
  abstract body(webhookId: string): Awaitable<string | null>;

  /**
   * Takes one for an attempt, until `leaseEnd`. Returns false when it is not due at that time any more: somebody else
   * has taken it.
   */
  abstract claim(webhook: WebhookRow, leaseEnd: number): Awaitable<boolean>;

  /** It was not taken by its receiver: it is due again at `dueAt`. */
  abstract postpone(webhookId: string, dueAt: number): Awaitable<void>;

  /** It was sent, or given up. */
  abstract remove(webhookId: string): Awaitable<void>;
}
