import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/*
 * The floor: no graph, no log, no checks. A run is a loop that makes each frame once and writes it to every reader:
 * tokens as they come, custom events so many at a time as the first argument says.
 */
/** What a run is asked for, as of `firehose`. */
interface Input {
  readonly tokens?: number;
  readonly delayMs?: number;
  readonly custom?: number;
}

const perWrite = Number(process.argv[2] ?? 1);
const EVENTS_PER_TURN = 100;
const PAYLOAD = 'x'.repeat(64);
const readers = new Map<string, Set<http.ServerResponse>>();

async function play(thread: string, { tokens = 0, delayMs = 0, custom = 0 }: Input): Promise<void> {
  let seq = 0;
  let frames = '';
  let gathered = 0;
  const flush = (): void => {
    if (gathered === 0) return;
    const bytes = Buffer.from(frames);
    frames = '';
    gathered = 0;
    for (const reader of readers.get(thread) ?? []) reader.write(bytes);
  };
  const emit = (method: string, data: unknown): void => {
    seq += 1;
    const params = { namespace: [], timestamp: Date.now(), data };
    frames += `event: ${method}\ndata: ${JSON.stringify({ type: 'event', event_id: String(seq), seq, method, params })}\nid: ${seq}\n\n`;
    gathered += 1;
    if (gathered >= perWrite) flush();
  };
  for (let i = 0; i < tokens; i += 1) {
    if (i > 0 && delayMs > 0) await sleep(delayMs);
    emit('messages', { event: 'content-block-delta', index: 0, delta: { type: 'text-delta', text: `tok${i} ` } });
    flush();
  }
  for (let i = 0; i < custom; i += 1) {
    emit('custom', { payload: { i, payload: PAYLOAD } });
    if (i % EVENTS_PER_TURN === EVENTS_PER_TURN - 1) await nextTurn();
  }
  emit('lifecycle', { event: 'completed', graph_name: 'firehose' });
  flush();
}

function listen(thread: string, response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  const others = readers.get(thread) ?? new Set();
  readers.set(thread, others.add(response));
  response.on('close', () => others.delete(response));
}

const server = http.createServer((request, response) => {
  void text(request).then((body) => {
    const [, , thread = '', kind] = (request.url ?? '').split('/');
    if (kind === 'stream') return listen(thread, response);
    const { id, params } = JSON.parse(body) as { id: number; params: { input: Input } };
    response.end(JSON.stringify({ type: 'success', id, result: { run_id: 'floor' } }));
    return play(thread, params.input);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`ready at http://127.0.0.1:${(server.address() as AddressInfo).port}`));
