/** What is sent when a run has ended; times in epoch ms. */
export interface WebhookRow {
  readonly webhookId: string;
  readonly runId: string;
  readonly threadId: string;
  readonly url: string;
  /** How often it was sent. */
  readonly attempt: number;
  /** When it is sent next; while it is being sent, when it counts as lost. */
  readonly dueAt: number;
}

/** The same as it is stored with the end of the run, with its body as JSON text. */
export interface NewWebhook extends Pick<WebhookRow, 'webhookId' | 'runId' | 'url' | 'dueAt'> {
  readonly bodyJson: string;
}
