import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

/** One POST of JSON. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly lookup: LookupFunction;
  /** Ends it at any moment. */
  readonly signal: AbortSignal;
}

/**
 * Sends it on a connection of its own. Returns the status of the answer, whose body is not read; redirects are not
 * followed.
 * @throws the error of the connection, or of the lookup; an AbortError
 */
export function sendWebhook({ url, headers, body, lookup, signal }: WebhookRequest): Promise<number> {
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      agent: false,
      lookup,
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.on('error', () => undefined);
      response.destroy();
    });
    request.end(body);
  });
}
