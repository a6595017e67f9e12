import http from 'node:http';

/** One open stream of a server that is measured. */
export interface OpenStream {
  close(): void;
}

/** Told of every chunk that arrived whole frames: where they lie in it, and when it came. */
export interface FrameListener {
  /** @param from first byte of the frame @param to byte after its last @param at `Date.now()` when its chunk arrived */
  frame(bytes: Buffer, from: number, to: number, at: number): void;
}

const COMMENT = 0x3a;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/**
 * Opens one event stream over a socket of its own and splits it into frames; comments are left out. It knows nothing
 * of any server: plain `node:http`, and the bytes are only looked at, never copied while a frame is whole.
 */
export function openStream(base: string, thread: string, channels: readonly string[], listener: FrameListener, since?: number): Promise<OpenStream> {
  const body = JSON.stringify(since === undefined ? { channels } : { channels, since });
  return new Promise((resolve, reject) => {
    const request = http.request(`${base}/threads/${thread}/stream/events`, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'content-length': Buffer.byteLength(body) },
    });
    request.on('error', reject);
    request.on('response', (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return reject(new Error(`the stream was answered ${response.statusCode}`));
      }
      let rest: Buffer = NOTHING;
      response.on('data', (chunk: Buffer) => {
        rest = split(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), listener);
      });
      response.on('error', () => undefined);
      resolve({ close: () => void request.destroy() });
    });
    request.end(body);
  });
}

/** Hands out the whole frames of the bytes and returns what is left. Lines end in LF, as both servers write them. */
function split(bytes: Buffer, listener: FrameListener): Buffer {
  const at = Date.now();
  let from = 0;
  for (let end = bytes.indexOf('\n\n'); end !== -1; end = bytes.indexOf('\n\n', from)) {
    if (bytes[from] !== COMMENT && bytes[from] !== NEWLINE) listener.frame(bytes, from, end, at);
    from = end + 2;
  }
  return from === bytes.length ? NOTHING : bytes.subarray(from);
}
