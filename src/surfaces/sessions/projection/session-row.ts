import type { LogEvent } from '../../../storage/log/log-event.js';


/** The channels that the events of a session are made from. */
export const SESSION_CHANNELS = ['lifecycle', 'messages', 'tools', 'input', 'session'] as const;

const DELTA = '"data":{"event":"content-block-delta"';

/** Whether it is a piece of a message: nothing that is kept is made from it, so that a replay need not read it. */
export function isDelta({ channel, envelope }: LogEvent): boolean {
  return channel === 'messages' && envelope.includes(DELTA);
}
