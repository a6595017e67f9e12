import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock } from '../clock/clock.js';
import { DueTimer } from '../clock/due-timer.js';
import { Settings } from '../config/settings.js';
import type { WebhookRow } from '../storage/rows/webhook.js';
import { WebhookStorage } from '../storage/webhook-storage.js';
import { sendWebhook } from './webhook-request.js';
import { webhookHeaders } from './webhook-signature.js';
import { BlockedAddressError, WebhookTargets, hostOf } from './webhook-targets.js';

/** The longest that the timer waits before it looks again. */
const LONGEST_WAIT_MS = 60_000;
/** Milliseconds beyond the time limit of an attempt after which its process counts as lost. */
const LEASE_MARGIN_MS = 2_000;
/** The receiver wants to hear no more of it. */
const GONE = 410;

/**
 * Sends what ended runs have to tell, MAX_CONCURRENT_WEBHOOKS at once. An answer other than 2xx is tried again, later
 * each time; what a lost process was sending is sent again, so that a receiver may see an id twice.
 */
@Injectable()
export class WebhookSender implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(WebhookSender.name);
  private readonly timer: DueTimer;
  private readonly sending = new Set<Promise<void>>();
  private readonly stop = new AbortController();

  constructor(
    private readonly storage: WebhookStorage,
    private readonly targets: WebhookTargets,
    private readonly clock: Clock,
    private readonly settings: Settings,
  ) {
    const work = {
      // Who ends an attempt looks again.
      nextDueAt: async () => (this.isFull ? null : this.storage.nextDueAt()),
      run: (now: number) => this.sendDue(now),
      failed: (error: unknown) => this.logger.error({ err: error }, 'webhooks wait, since they cannot be read'),
    };
    const waits = { longestMs: LONGEST_WAIT_MS, retryMs: settings.STORAGE_RETRY_MS };
    this.timer = new DueTimer(clock, work, waits);
  }

  onApplicationBootstrap(): void {
    this.wake();
  }

  /** What is being sent is cut off, and sent again after the next start. */
  async onModuleDestroy(): Promise<void> {
    await this.timer.close();
    this.stop.abort();
    await Promise.all(this.sending);
  }

  /** To be called when something to be sent was stored. */
  wake(): void {
    void this.timer.wake();
  }

  private get isFull(): boolean {
    return this.sending.size >= this.settings.MAX_CONCURRENT_WEBHOOKS;
  }

  private async sendDue(now: number): Promise<void> {
    while (!this.isFull && !this.stop.signal.aborted) {
      const due = await this.storage.due(now, this.settings.MAX_CONCURRENT_WEBHOOKS - this.sending.size);
      if (due.length === 0) return;
      for (const webhook of due) {
        const leaseEnd = this.clock.now() + this.settings.WEBHOOK_TIMEOUT_MS + LEASE_MARGIN_MS;
        if (await this.storage.claim(webhook, leaseEnd)) this.begin({ ...webhook, attempt: webhook.attempt + 1 });
      }
    }
  }

  private begin(webhook: WebhookRow): void {
    const attempt = this.attempt(webhook)
      .catch((error: unknown) => this.logger.error({ ...fieldsOf(webhook), err: error }, 'a webhook waits'))
      .finally(() => {
        this.sending.delete(attempt);
        this.wake();
      });
    this.sending.add(attempt);
  }

  private async attempt(webhook: WebhookRow): Promise<void> {
    const { webhookId } = webhook;
    const body = await this.storage.body(webhookId);
    if (body === null) return;
    const failure = await this.failureOf(webhook, body);
    if (failure === null) {
      await this.storage.remove(webhookId);
      this.logger.log(fieldsOf(webhook), 'webhook sent');
    } else if (this.stop.signal.aborted) {
      await this.storage.postpone(webhookId, this.clock.now());
    } else if (failure.isFinal || webhook.attempt >= this.settings.WEBHOOK_MAX_ATTEMPTS) {
      await this.storage.remove(webhookId);
      this.logger.error({ ...fieldsOf(webhook), reason: failure.reason }, 'a webhook is given up');
    } else {
      await this.storage.postpone(webhookId, this.clock.now() + this.backoff(webhook.attempt));
      this.logger.warn({ ...fieldsOf(webhook), reason: failure.reason }, 'a webhook is sent again later');
    }
  }

  /** Null when the receiver has taken it. */
  private async failureOf(
    { webhookId, url }: WebhookRow, stored: string,
  ): Promise<{ reason: string; isFinal: boolean } | null> {
    const limit = AbortSignal.timeout(this.settings.WEBHOOK_TIMEOUT_MS);
    const fault = this.targets.fault(url);
    if (fault !== null) return { reason: fault, isFinal: true };
    const sentAt = this.clock.now();
    const body = `${stored.slice(0, -1)},"webhook_sent_at":"${new Date(sentAt).toISOString()}"}`;
    try {
      const status = await sendWebhook({
        url,
        body,
        headers: webhookHeaders({ webhookId, sentAt, body }, this.settings.WEBHOOK_SECRET),
        lookup: this.targets.lookup,
        signal: AbortSignal.any([limit, this.stop.signal]),
      });
      return status >= 200 && status < 300 ? null : { reason: `answered ${status}`, isFinal: status === GONE };
    } catch (error) {
      const late = `no answer within WEBHOOK_TIMEOUT_MS (${this.settings.WEBHOOK_TIMEOUT_MS})`;
      return {
        reason: limit.aborted ? late : (error as Error).message,
        isFinal: error instanceof BlockedAddressError,
      };
    }
  }

  private backoff(attempt: number): number {
    return Math.min(this.settings.WEBHOOK_RETRY_MS * 2 ** (attempt - 1), this.settings.WEBHOOK_RETRY_MAX_MS);
  }
}

/** For the server's log: a path and a query may hold secrets of the receiver. */
function fieldsOf({ webhookId, runId, threadId, url, attempt }: WebhookRow): object {
  return { webhook_id: webhookId, run_id: runId, thread_id: threadId, host: hostOf(new URL(url)), attempt };
}
