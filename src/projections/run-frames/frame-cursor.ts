/** What a reader of frames has: all of the rows up to `seq`, and of the next one the first `frames` frames. */
export interface FrameCursor {
  readonly seq: number;
  readonly frames: number;
}

/** Everything is still to come. */
export const FROM_START: FrameCursor = { seq: 0, frames: 0 };

/** What clients send that want everything. */
const STARTS: ReadonlySet<string> = new Set(['-1', '-', '0']);

/** The id of a frame: its row's seq, and for all but the last frame of a row also its number. */
export function frameId(seq: number, index: number, count: number): string {
  return index === count - 1 ? String(seq) : `${seq}.${index + 1}`;
}

/** Reads a `Last-Event-ID`; null for what is no id of a frame. */
export function cursorOf(id: string): FrameCursor | null {
  if (STARTS.has(id)) return FROM_START;
  const [, seq, frames] = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(id) ?? [];
  if (seq === undefined) return null;
  return frames === undefined ? { seq: Number(seq), frames: 0 } : { seq: Number(seq) - 1, frames: Number(frames) };
}
