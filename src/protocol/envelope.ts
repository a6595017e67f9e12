/** The parts of an event that exist before its place in the log is known. */
export interface EnvelopeParts {
  readonly method: string;
  /** JSON text of the namespace array. */
  readonly namespace: string;
  readonly node?: string;
  /** JSON text of `params.data`. */
  readonly data: string;
}

/** No line breaks to JSON or to server-sent events, but to clients that split lines the way Python's `str` does. */
const LINE_BREAKS = /[\u0085\u2028\u2029]/g;

const escapeLineBreak = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON text without any character at which a client might split lines. */
export function onOneLine(json: string): string {
  return json.replace(LINE_BREAKS, escapeLineBreak);
}

/**
 * The event as every reader gets it, on one line. Its text is made once and stored; nothing parses it again
 * (ARCHITECTURE.md, The life of an event).
 */
export function envelopeText(eventId: string, seq: number, timestamp: number, parts: EnvelopeParts): string {
  const data = onOneLine(parts.data);
  const node = parts.node === undefined ? '' : `"node":${JSON.stringify(parts.node)},`;
  return (
    `{"type":"event","event_id":${JSON.stringify(eventId)},"seq":${seq},"method":"${parts.method}",` +
    `"params":{"namespace":${parts.namespace},"timestamp":${timestamp},${node}"data":${data}}}`
  );
}

/** `synth:<run_id>:<seq>`: clients read from it whose lifecycle a root event is. */
export function rootLifecycleEventId(runId: string, seq: number): string {
  return `synth:${runId}:${seq}`;
}

/** `<epoch ms>-<seq>`: unique for the life of the thread, because seq is. */
export function plainEventId(timestamp: number, seq: number): string {
  return `${timestamp}-${seq}`;
}

/** The seq that an event_id or a bare number ends in, or null when the text is neither. */
export function seqOfCursor(cursor: string): number | null {
  const digits = /^(?:\d+-|synth:[^:]+:)?(\d{1,15})$/.exec(cursor)?.[1];
  return digits === undefined ? null : Number(digits);
}
