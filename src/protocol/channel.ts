/** The nine channels of the Agent Protocol; `custom:<name>` narrows `custom` to one name. */
export const CHANNELS = [
  'values', 'updates', 'messages', 'tools', 'lifecycle', 'input', 'checkpoints', 'tasks', 'custom',
] as const;

export type Channel = (typeof CHANNELS)[number];

const KNOWN: ReadonlySet<string> = new Set(CHANNELS);

/** True for one of the nine channels and for `custom:<name>` with a name of at least one character. */
export function isChannelName(value: string): boolean {
  return KNOWN.has(value) || (value.startsWith('custom:') && value.length > 'custom:'.length);
}

/**
 * The channel that carries a method: `input.requested` and `input.answered` are on `input`, every other method is
 * its own channel (Agent Protocol CDDL, `Event`).
 * @throws RangeError for a method that no channel carries.
 */
export function channelOf(method: string): Channel {
  const channel = method.startsWith('input.') ? 'input' : method;
  if (!KNOWN.has(channel)) throw new RangeError(`no channel carries the method ${JSON.stringify(method)}`);
  return channel as Channel;
}
