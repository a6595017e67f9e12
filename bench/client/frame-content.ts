const TERMINALS = ['completed', 'failed', 'interrupted'];
const DELTA = Buffer.from('"content-block-delta"');
const TIMESTAMP = Buffer.from('"timestamp":');
const ZERO = 0x30;
const SPACE = 0x20;

interface Envelope {
  readonly seq: number;
  readonly method: string;
  readonly params: {
    readonly namespace: readonly string[];
    readonly timestamp: number;
    readonly data?: { readonly event?: string };
  };
}

/**
 * Looks for one kind of frame. The order of a frame's lines is the server's own, so `event:` is looked for, then the
 * data.
 */
class Method {
  private readonly line: Buffer;
  private readonly field: Buffer;

  constructor(name: string) {
    this.line = Buffer.from(`event: ${name}\n`);
    this.field = Buffer.from(`"method":"${name}"`);
  }

  isOf(bytes: Buffer, from: number, to: number): boolean {
    const { line, field } = this;
    if (to - from < line.length) return false;
    if (bytes.compare(line, 0, line.length, from, from + line.length) === 0) return true;
    // Another event, named first.
    if (bytes[from] === line[0] && bytes[from + 1] === line[1]) return false;
    return bytes.subarray(from, to).includes(field);
  }
}

const MESSAGES = new Method('messages');
const LIFECYCLE = new Method('lifecycle');

/** The event in a frame. */
export function envelopeOf(bytes: Buffer, from: number, to: number): Envelope {
  const text = bytes.toString('utf8', from, to);
  const start = text.indexOf('data:') + 'data:'.length;
  const end = text.indexOf('\n', start);
  return JSON.parse(text.slice(start, end === -1 ? undefined : end)) as Envelope;
}

/** True when the frame ends a run. Frames of other channels are told apart without being parsed. */
export function isTerminal(bytes: Buffer, from: number, to: number): boolean {
  if (!LIFECYCLE.isOf(bytes, from, to)) return false;
  const { method, params } = envelopeOf(bytes, from, to);
  return method === 'lifecycle' && params.namespace.length === 0 && TERMINALS.includes(params.data?.event ?? '');
}

/** Epoch ms at which a token was produced, or null for a frame that is none. */
export function deltaTime(bytes: Buffer, from: number, to: number): number | null {
  if (!MESSAGES.isOf(bytes, from, to)) return null;
  const frame = bytes.subarray(from, to);
  if (!frame.includes(DELTA)) return null;
  let position = frame.indexOf(TIMESTAMP);
  if (position === -1) return Number.NaN;
  position += TIMESTAMP.length;
  while (frame[position] === SPACE) position += 1;
  let time = 0;
  for (
    let digit = (frame[position] as number) - ZERO;
    digit >= 0 && digit <= 9;
    digit = (frame[position] as number) - ZERO
  ) {
    time = time * 10 + digit;
    position += 1;
  }
  return time;
}
