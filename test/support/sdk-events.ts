import type { SdkEvent, ThreadStream } from './sdk-versions.js';

const TERMINALS = ['completed', 'failed', 'interrupted'];

/** `running`, `completed` and so on of the root, in order. */
export function rootLifecycle(events: SdkEvent[]): string[] {
  return events.flatMap((event) =>
    event.method === 'lifecycle' && event.params.namespace.length === 0 ? [event.params.data.event] : [],
  );
}

/** Fits the end of a run; of any run without `runId`. */
export function rootTerminalOf(runId = ''): (event: SdkEvent) => boolean {
  return (event) => TERMINALS.includes(rootLifecycle([event])[0] ?? '') && event.event_id!.startsWith(`synth:${runId}`);
}

/**
 * Resolves with the first event that fits.
 * @param earlier events that came before: when one of them fits, that will do
 */
export function untilEvent(
  thread: ThreadStream,
  fits: (event: SdkEvent) => boolean,
  earlier: SdkEvent[] = [],
): Promise<void> {
  return new Promise((resolve) => {
    if (earlier.some(fits)) resolve();
    thread.onEvent((event) => fits(event) && resolve());
  });
}

/** The text of all deltas. */
export function textSoFar(events: SdkEvent[]): string {
  const deltas = events.flatMap(({ method, params: { data } }) => {
    const { delta } = data as { delta?: { type: string; text?: string } };
    return method === 'messages' && delta?.type === 'text-delta' ? [delta.text ?? ''] : [];
  });
  return deltas.join('');
}

/** The texts of the messages in a state. */
export function texts(state: unknown): string[] {
  const { messages } = state as { messages: { content: string | { text?: string }[] }[] };
  return messages.map(({ content }) =>
    typeof content === 'string' ? content : content.map(({ text = '' }) => text).join(''),
  );
}
