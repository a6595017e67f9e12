export const ALL_CHANNELS = [
  'values',
  'updates',
  'messages',
  'tools',
  'custom',
  'lifecycle',
  'input',
  'checkpoints',
  'tasks',
];

/** An envelope as it was on the wire, with what the tests look at. */
export interface Envelope {
  seq: number;
  event_id: string;
  method: string;
  params: { namespace: string[]; timestamp: number; data: Record<string, unknown> };
}

/** The newest seq of a thread. */
export async function headSeq(url: string, threadId: string): Promise<number> {
  const body = JSON.stringify({ id: 1, method: 'state.get', params: { keys: [] } });
  const response = await fetch(`${url}/threads/${threadId}/commands`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return ((await response.json()) as { meta: { applied_through_seq: number } }).meta.applied_through_seq;
}

/**
 * The bytes of a stream of all channels, from its start to the newest event of the thread.
 * @param cursor `{since: n}`, or nothing for a stream without cursor; the newest event must be above it
 */
export async function replay(url: string, threadId: string, cursor: { since?: number } = {}): Promise<string> {
  const end = `id: ${await headSeq(url, threadId)}\n\n`;
  const leave = new AbortController();
  const response = await fetch(`${url}/threads/${threadId}/stream/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channels: ALL_CHANNELS, ...cursor }),
    signal: leave.signal,
  });
  if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body) {
    text += decoder.decode(bytes as Uint8Array, { stream: true });
    if (text.endsWith(end)) break;
  }
  leave.abort();
  return text;
}

/** The envelopes of what `replay` returned. */
export function envelopes(text: string): Envelope[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, json]) => JSON.parse(json as string) as Envelope);
}

/** Everything that the thread's log holds. */
export async function readLog(url: string, threadId: string): Promise<Envelope[]> {
  return envelopes(await replay(url, threadId, { since: 0 }));
}
