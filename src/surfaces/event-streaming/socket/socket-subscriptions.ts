import type { CommandContext } from '../../commands/command.js';
import type { LogEvent } from '../../../storage/log/log-event.js';
import type { EventFilter } from '../../../protocol/event-filter.js';
import { type NamespaceView, matchesInView } from '../namespace-view.js';
import type { Admission, StreamStart } from '../stream-cursor.js';

/** One subscription of a socket: its filter, and the seq above which the socket's live view serves it. */
export class SocketSubscription {
  /** Null while its own replay goes on. */
  liveAbove: number | null = null;
  /** Grows with each replay, so that an earlier one knows that it was replaced. */
  replay = 0;
  private skipCursorOnlyThrough = 0;

  constructor(readonly id: string, readonly filter: EventFilter, private readonly view: NamespaceView) {}

  /** Begins a replay. Returns its number. */
  restart(start: StreamStart): number {
    this.liveAbove = null;
    this.skipCursorOnlyThrough = start.skipCursorOnlyThrough;
    return ++this.replay;
  }

  wants(event: LogEvent): boolean {
    if (event.cursorOnly && event.seq <= this.skipCursorOnlyThrough) return false;
    return matchesInView(this.view, this.filter, event);
  }

  wantsLive(event: LogEvent): boolean {
    return this.liveAbove !== null && event.seq > this.liveAbove && this.wants(event);
  }
}

/** The subscriptions of one socket. Together they are one filter: an event goes out once however many want it. */
export class SocketSubscriptions {
  private readonly byId = new Map<string, SocketSubscription>();
  private made = 0;

  constructor(readonly view: NamespaceView) {}

  add(filter: EventFilter): SocketSubscription {
    const subscription = new SocketSubscription(`sub-${++this.made}`, filter, this.view);
    this.byId.set(subscription.id, subscription);
    return subscription;
  }

  get(id: string): SocketSubscription | null {
    return this.byId.get(id) ?? null;
  }

  /** Returns false when there is none with this id. */
  remove(id: string): boolean {
    return this.byId.delete(id);
  }

  all(): SocketSubscription[] {
    return [...this.byId.values()];
  }

  get size(): number {
    return this.byId.size;
  }

  /** JSON array of the channels that a query for all of them has to look at. */
  get channelsJson(): string {
    const channels = this.all().flatMap(({ filter }) => JSON.parse(filter.channelsJson) as string[]);
    return JSON.stringify([...new Set(channels)]);
  }

  matches(event: LogEvent): boolean {
    for (const subscription of this.byId.values()) if (subscription.wantsLive(event)) return true;
    return false;
  }
}

/** What the subscription commands need of a socket. */
export interface SubscribedSocket {
  readonly context: CommandContext;
  readonly subscriptions: SocketSubscriptions;
  send(message: object): void;
  /** Replays what `start` asks for, then lets the shared view serve the subscription. */
  replay(subscription: SocketSubscription, start: Admission): void;
}
