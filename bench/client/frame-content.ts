const TERMINALS = ['completed', 'failed', 'interrupted'];

interface Envelope {
  readonly seq: number;
  readonly method: string;
  readonly params: { readonly namespace: readonly string[]; readonly timestamp: number; readonly data?: { readonly event?: string } };
}

/** The event in a frame. */
export function envelopeOf(bytes: Buffer, from: number, to: number): Envelope {
  const text = bytes.toString('utf8', from, to);
  const start = text.indexOf('data:') + 'data:'.length;
  const end = text.indexOf('\n', start);
  return JSON.parse(text.slice(start, end === -1 ? undefined : end)) as Envelope;
}

/** True when the frame ends a run. Frames of other channels are told apart by their first bytes, without being parsed. */
export function isTerminal(bytes: Buffer, from: number, to: number): boolean {
  if (!isOfMethod(bytes, from, to, 'lifecycle')) return false;
  const { method, params } = envelopeOf(bytes, from, to);
  return method === 'lifecycle' && params.namespace.length === 0 && TERMINALS.includes(params.data?.event ?? '');
}

/** Epoch ms at which a token was produced, or null for a frame that is none. */
export function deltaTime(bytes: Buffer, from: number, to: number): number | null {
  if (!isOfMethod(bytes, from, to, 'messages')) return null;
  const text = bytes.toString('latin1', from, to);
  if (!text.includes('"content-block-delta"')) return null;
  return Number(/"timestamp":\s*(\d+)/.exec(text)?.[1] ?? Number.NaN);
}

/** The order of a frame's lines is the server's own, so the line `event:` is looked for, then the start of the data. */
function isOfMethod(bytes: Buffer, from: number, to: number, method: string): boolean {
  const line = `event: ${method}\n`;
  if (bytes.toString('latin1', from, Math.min(from + line.length, to)) === line) return true;
  if (bytes.toString('latin1', from, from + 5).startsWith('event')) return false;
  return bytes.toString('latin1', from, to).includes(`"method":"${method}"`);
}
