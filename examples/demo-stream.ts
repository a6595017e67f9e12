/** An event as the stream gives it. */
export interface DemoEvent {
  readonly seq: number;
  readonly method: string;
  readonly params: { readonly namespace: string[]; readonly data: Record<string, unknown> };
}

/** Reads a thread's stream until `enough` says so, then drops the connection. */
export async function follow(
  url: string,
  thread: string,
  body: { channels: string[]; since?: number },
  enough: (event: DemoEvent, seen: DemoEvent[]) => boolean,
): Promise<DemoEvent[]> {
  const response = await fetch(`${url}/threads/${thread}/stream/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify(body),
  });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const seen: DemoEvent[] = [];
  let buffer = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error('the stream ended');
    buffer += value;
    const frames = buffer.split('\n\n');
    buffer = frames.pop() ?? '';
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '));
      if (data === undefined) continue;
      const event = JSON.parse(data.slice('data: '.length)) as DemoEvent;
      seen.push(event);
      if (!enough(event, seen)) continue;
      await reader.cancel();
      return seen;
    }
  }
}
