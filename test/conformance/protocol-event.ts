/** An event as it was on the wire. Fields are checked by the cases, not here. */
export interface ProtocolEvent {
  readonly type: string;
  readonly event_id: string;
  readonly seq: number;
  readonly method: string;
  readonly params: {
    readonly namespace: string[];
    readonly timestamp: number;
    readonly node?: string;
    readonly data: Record<string, unknown> & { event?: string };
  };
}

export const ALL_CHANNELS = [
  'values',
  'updates',
  'messages',
  'tools',
  'lifecycle',
  'input',
  'checkpoints',
  'tasks',
  'custom',
];

const TERMINALS = new Set(['completed', 'failed', 'interrupted']);

export const isRootLifecycle = ({ method, params }: ProtocolEvent): boolean =>
  method === 'lifecycle' && params.namespace.length === 0;

export const isRunning = (event: ProtocolEvent): boolean =>
  isRootLifecycle(event) && event.params.data.event === 'running';

export const isTerminal = (event: ProtocolEvent): boolean =>
  isRootLifecycle(event) && TERMINALS.has(event.params.data.event ?? '');

export const isChildTerminal = ({ method, params }: ProtocolEvent): boolean =>
  method === 'lifecycle' && params.namespace.length > 0 && TERMINALS.has(params.data.event ?? '');

export const asksInput = ({ method }: ProtocolEvent): boolean => method === 'input.requested';

export const of = (method: string) => (event: ProtocolEvent): boolean => event.method === method;

export const seqs = (events: readonly ProtocolEvent[]): number[] => events.map(({ seq }) => seq);

export const spot = ({ params }: ProtocolEvent): string => JSON.stringify(params.namespace);

/** What an event says, without its place: equal for the same event on two connections of any server. */
export const content = ({ method, params }: ProtocolEvent): string =>
  `${method} ${JSON.stringify(params.namespace)} ${JSON.stringify(params.data)}`;

/** The same with its place. */
export const placed = (event: ProtocolEvent): string => `${event.seq} ${content(event)}`;

/** The words of the root's lifecycle, in order. */
export const rootWords = (events: readonly ProtocolEvent[]): string[] =>
  events.filter(isRootLifecycle).map(({ params }) => params.data.event ?? '?');

/** The run that a root lifecycle event is about, where its id says so; '' otherwise. */
export const runOf = ({ event_id: id }: ProtocolEvent): string => /^synth:([^:]+):/.exec(String(id))?.[1] ?? '';

/** Interrupt ids, in the order in which they were asked. */
export const askedIds = (events: readonly ProtocolEvent[]): string[] =>
  events.filter(asksInput).map(({ params }) => String(params.data.interrupt_id));
