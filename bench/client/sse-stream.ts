import net from 'node:net';
import { ChunkedBody } from './chunked-body.js';

/** One open stream of a server that is measured. */
export interface OpenStream {
  close(): void;
}

/** Told of whole frames as they come: where they lie, and when they came. */
export interface FrameListener {
  /**
   * @param bytes only good during the call @param from first byte of the frame @param to byte after its last
   * @param at `Date.now()` when its bytes arrived
   */
  frame(bytes: Buffer, from: number, to: number, at: number): void;
}

const COMMENT = 0x3a;
const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);
const END_OF_HEAD = '\r\n\r\n';
/** What one read may take; every socket reads into it, one after the other. */
const READ_BUFFER = Buffer.allocUnsafe(262_144);

/**
 * Opens one event stream over a socket of its own and splits it into frames; comments are left out. It knows nothing
 * of any server, and does as little as it can, because it shares the machine with what it measures: the chunks of the
 * response are taken apart in the buffer they were read into, and only what is cut off in the middle is copied.
 */
export function openStream(
  base: string,
  thread: string,
  channels: readonly string[],
  listener: FrameListener,
  since?: number,
): Promise<OpenStream> {
  const { hostname, port, host } = new URL(base);
  const body = JSON.stringify(since === undefined ? { channels } : { channels, since });
  const request = [
    `POST /threads/${thread}/stream/events HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    'accept: text/event-stream',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
  return new Promise((resolve, reject) => {
    const frames = new Frames(listener);
    const chunks = new ChunkedBody((bytes, from, to, at) => frames.take(bytes, from, to, at));
    let head: string | null = '';
    const read = (count: number, buffer: Uint8Array): boolean => {
      const at = Date.now();
      const bytes = buffer as Buffer;
      if (head === null) {
        chunks.take(bytes, 0, count, at);
        return true;
      }
      head += bytes.toString('latin1', 0, count);
      const end = head.indexOf(END_OF_HEAD);
      if (end === -1) return true;
      const rest = Buffer.from(head.slice(end + END_OF_HEAD.length), 'latin1');
      const lines = head.slice(0, end).toLowerCase();
      head = null;
      if (!lines.startsWith('http/1.1 200') || !lines.includes('transfer-encoding: chunked')) {
        reject(new Error(`the stream was answered with:\n${lines}`));
        socket.destroy();
        return false;
      }
      resolve({ close: () => void socket.destroy() });
      chunks.take(rest, 0, rest.length, at);
      return true;
    };
    const socket = net.connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: READ_BUFFER, callback: read },
    });
    socket.on('error', reject);
    socket.write(request);
  });
}

/** Splits a stream of bytes into frames. Lines end in LF, as every server that is measured writes them. */
class Frames {
  private rest: Buffer = NOTHING;

  constructor(private readonly listener: FrameListener) {}

  take(bytes: Buffer, from: number, to: number, at: number): void {
    if (this.rest.length === 0) return this.split(bytes, from, to, at);
    const whole = Buffer.concat([this.rest, bytes.subarray(from, to)]);
    this.rest = NOTHING;
    this.split(whole, 0, whole.length, at);
  }

  private split(bytes: Buffer, from: number, to: number, at: number): void {
    let start = from;
    for (
      let end = bytes.indexOf('\n\n', start);
      end !== -1 && end + 2 <= to;
      end = start < to ? bytes.indexOf('\n\n', start) : -1
    ) {
      if (bytes[start] !== COMMENT && bytes[start] !== NEWLINE) this.listener.frame(bytes, start, end, at);
      start = end + 2;
    }
    if (start < to) this.rest = Buffer.from(bytes.subarray(start, to));
  }
}
