const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Bytes of a string that are looked at one by one; the native search, which costs something to call, takes over then.
 */
const SHORT_STRING = 64;

/** How much of structure JSON text may have. */
export interface JsonBounds {
  /** Arrays and objects inside each other. */
  readonly depth: number;
  /** Arrays and objects, all in all. */
  readonly containers: number;
}

/**
 * Which bound JSON text exceeds, or null. One pass over the bytes before anything is made of them: what costs memory
 * and time is not the text but the arrays and objects that it becomes, and values of any depth overflow the stack of
 * whatever walks them. Strings are skipped, so that a picture costs next to nothing. The text need not be JSON.
 */
export function exceededBound(
  json: Buffer,
  { depth: maxDepth, containers: maxContainers }: JsonBounds,
): keyof JsonBounds | null {
  let depth = 0;
  let containers = 0;
  for (let index = 0; index < json.length; index += 1) {
    const byte = json[index] as number;
    if (byte === QUOTE) {
      index = endOfString(json, index + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      containers += 1;
      if (depth > maxDepth) return 'depth';
      if (containers > maxContainers) return 'containers';
    } else if (byte === 0x7d || byte === 0x5d) {
      depth -= 1;
    }
  }
  return null;
}

/** Where the closing quote of the string is whose first byte is at `start`; the end of the text when there is none. */
function endOfString(json: Buffer, start: number): number {
  let index = start;
  for (;;) {
    const near = Math.min(index + SHORT_STRING, json.length);
    for (; index < near; index += 1) {
      const byte = json[index];
      if (byte === QUOTE) return index;
      if (byte === BACKSLASH) index += 1;
    }
    if (index >= json.length) return json.length;
    const quote = json.indexOf(QUOTE, index);
    if (quote === -1) return json.length;
    if (!isEscaped(json, quote, index)) return quote;
    index = quote + 1;
  }
}

/** An odd number of backslashes stands before the byte, in what comes after `from`. */
function isEscaped(json: Buffer, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - 1 - backslashes >= from && json[at - 1 - backslashes] === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
