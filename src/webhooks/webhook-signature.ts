import { createHmac } from 'node:crypto';

/** What is signed and sent. */
export interface SignedContent {
  readonly webhookId: string;
  /** Epoch ms of sending. */
  readonly sentAt: number;
  readonly body: string;
}

/**
 * The headers of Standard Webhooks (https://www.standardwebhooks.com): an id that stays the same over all attempts, the
 * time in seconds, and, where there is a secret, `v1,` and the HMAC-SHA256 of `<id>.<time>.<body>` in base64. A secret
 * `whsec_<base64>` stands for its bytes, any other for its text.
 */
export function webhookHeaders({ webhookId, sentAt, body }: SignedContent, secret: string): Record<string, string> {
  const timestamp = String(Math.floor(sentAt / 1_000));
  const headers = { 'webhook-id': webhookId, 'webhook-timestamp': timestamp };
  if (secret === '') return headers;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${webhookId}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
