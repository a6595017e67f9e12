import type { Frame } from './frame-reader.js';

const TERMINALS = ['completed', 'failed', 'interrupted'];

/** A root lifecycle event and the run that it is about. */
export interface RootEvent {
  readonly seq: number;
  readonly runId: string;
  readonly event: string;
  readonly error: string | undefined;
}

/** The root lifecycle events of a thread; their event_id says whose they are. */
export function rootEvents(frames: readonly Frame[]): RootEvent[] {
  return frames
    .filter(({ method, namespace }) => method === 'lifecycle' && namespace.length === 0)
    .map(({ seq, eventId, data }) => ({
      seq,
      runId: (/^synth:(.+):\d+$/.exec(eventId) as RegExpExecArray)[1] as string,
      event: data.event as string,
      error: data.error as string | undefined,
    }));
}

export function isTerminal({ event }: RootEvent): boolean {
  return TERMINALS.includes(event);
}

/** True when each of the runs has a terminal. */
export function haveEnded(frames: readonly Frame[], runIds: readonly string[]): boolean {
  const ended = new Set(rootEvents(frames).filter(isTerminal).map(({ runId }) => runId));
  return runIds.every((runId) => ended.has(runId));
}

/**
 * What is wrong with the lives of a thread's runs: a run without exactly one terminal, runs that interleave, events
 * outside a run, a part (message, tool call, child) that was still open when its run ended or was started again.
 * @param frames the whole log, all channels
 * @returns one sentence each; none when all is well
 */
export function faultsOf(frames: readonly Frame[], runIds: readonly string[]): string[] {
  const faults: string[] = [];
  // Rows that are no events of the protocol have seqs, too.
  frames.forEach(({ seq }, index) => {
    const least = (frames[index - 1]?.seq ?? 1) + 1;
    if (index === 0 ? seq !== least : seq < least) faults.push(`seq ${seq} at position ${index}`);
  });
  const terminals = rootEvents(frames).filter(isTerminal).map(({ runId }) => runId);
  if (JSON.stringify(terminals) !== JSON.stringify(runIds))
    faults.push(`terminals of ${terminals.join()} for the runs ${runIds.join()}`);

  const roots = new Map(rootEvents(frames).map((root) => [root.seq, root]));
  let active: string | null = null;
  let open = new Set<string>();
  for (const frame of frames) {
    const root = roots.get(frame.seq);
    if (!root) {
      if (active === null && !isCloser(frame)) faults.push(`${frame.seq}: ${frame.method} while no run is active`);
      followPart(open, frame);
      continue;
    }
    if (open.size > 0) faults.push(`${root.seq}: still open at ${root.event}: ${[...open].join()}`);
    open = new Set();
    if (root.event === 'running' ? active !== null && active !== root.runId : active !== root.runId) {
      faults.push(`${root.seq}: ${root.event} of ${root.runId} while ${active} is active`);
    }
    active = root.event === 'running' ? root.runId : null;
  }
  return faults;
}

/** True for an event that closes what a lost attempt left open. */
export function isCloser({ method, data }: Frame): boolean {
  return (method === 'messages' && data.event === 'error') || (method === 'tools' && data.event === 'tool-error') ||
    (method === 'lifecycle' && data.event === 'failed');
}

function followPart(open: Set<string>, { method, namespace, node, data }: Frame): void {
  const begins = { messages: 'message-start', tools: 'tool-started', lifecycle: 'started' }[method];
  if (begins === undefined) return;
  const ends = ['message-finish', 'error', 'tool-finished', 'tool-error', 'completed', 'failed', 'interrupted'];
  const key = JSON.stringify([
    method,
    namespace,
    method === 'messages' ? [node, data.run_id] : (data.tool_call_id ?? null),
  ]);
  if (data.event === begins) open.add(key);
  else if (ends.includes(data.event as string)) open.delete(key);
}
