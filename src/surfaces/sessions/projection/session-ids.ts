import { createHash } from 'node:crypto';
import { v5 as uuidv5, validate as isUuid } from 'uuid';

/** Where an event of a session comes from: the seq of a row of the log, and its position among what that row gives. */
export interface EventPlace {
  readonly seq: number;
  readonly position: number;
}

/** `sthr_` and 32 hex digits. */
export type SessionThreadId = `sthr_${string}`;

const hexOf = (uuid: string): string => uuid.replaceAll('-', '');

/** A UUID from its 32 hex digits, with or without dashes; null for anything else. */
function uuidOf(text: string): string | null {
  const hex = text.replaceAll('-', '').toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(hex)) return null;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(uuid) ? uuid : null;
}

/** `sess_` and the hex digits of the thread's UUID: a session is a thread (docs/sessions.md, Ids). */
export function sessionIdOf(threadId: string): string {
  return `sess_${hexOf(threadId)}`;
}

/** The thread of a session id, whatever its prefix (`sess_`, `sesn_`, none); null when it can be none. */
export function threadOfSession(sessionId: string): string | null {
  return uuidOf(sessionId.replace(/^(?:sess|sesn|session)_/, ''));
}

/** The id of a session thread: the same for the same name, for ever. */
export function sessionThreadIdOf(threadId: string, name: string): SessionThreadId {
  return `sthr_${hexOf(uuidv5(name, threadId))}`;
}

/** `turn_` and the hex digits of the run's UUID: a turn is a run. */
export function turnIdOf(runId: string): string {
  return `turn_${hexOf(runId)}`;
}

/** `<prefix>_` and the hex digits of a UUID. */
export function prefixedId(prefix: 'agent' | 'env', uuid: string): string {
  return `${prefix}_${hexOf(uuid)}`;
}

/** The UUID of such an id, or null. */
export function uuidOfPrefixed(prefix: 'agent' | 'env', id: string): string | null {
  return id.startsWith(`${prefix}_`) ? uuidOf(id.slice(prefix.length + 1)) : null;
}

/** Makes and reads the ids of one thread's events: `evt_`, seq (48 bits), position (16), the thread's hash (64). */
export class EventIds {
  private readonly hash: string;

  constructor(threadId: string) {
    this.hash = createHash('sha256').update(threadId).digest('hex').slice(0, 16);
  }

  idOf({ seq, position }: EventPlace): string {
    return `evt_${seq.toString(16).padStart(12, '0')}${position.toString(16).padStart(4, '0')}${this.hash}`;
  }

  /** Where an id of this thread comes from; null for one that is malformed or of another thread. */
  placeOf(id: string): EventPlace | null {
    const [, seq, position, hash] = /^s?evt_([0-9a-f]{12})([0-9a-f]{4})([0-9a-f]{16})$/.exec(id) ?? [];
    if (seq === undefined || position === undefined || hash !== this.hash) return null;
    return { seq: Number.parseInt(seq, 16), position: Number.parseInt(position, 16) };
  }
}
