/** A frame of a run's stream as the SDKs give it. */
export interface Part {
  readonly id?: string;
  readonly event: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- looked into as its mode says
  readonly data: any;
}

/** All of a stream. */
export async function collected(stream: AsyncIterable<unknown>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const part of stream) parts.push(part as Part);
  return parts;
}

/** Without ids of rows, for runs that are compared. */
export const told = (parts: readonly Part[]): string[] =>
  parts.filter(({ event }) => event !== 'metadata').map(({ event, data }) => `${event} ${JSON.stringify(data)}`);

/** What a person says. */
export const says = (content: string, more: object = {}): Record<string, unknown> => ({
  messages: [{ role: 'user', content }],
  delayMs: 0,
  ...more,
});

/** The text that the chunks of `messages-tuple` make. */
export const spokenBy = (parts: readonly Part[]): string =>
  parts.flatMap(({ event, data }) => (event.startsWith('messages') ? [data[0].content as string] : [])).join('');
