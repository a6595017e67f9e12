import { type Namespace, isPrefixOf } from './namespace.js';

/** What a reader asks for; `namespaces` absent or empty means all, `depth` counts below the matching prefix. */
export interface FilterSpec {
  channels: readonly string[];
  namespaces?: readonly Namespace[] | null;
  depth?: number | null;
}

/** What a filter looks at; `namespace` is the stored JSON text. */
export interface Filterable {
  /** Above 0 it is a row that is kept beside the events of the protocol, and no filter of the protocol matches it. */
  readonly kind?: number;
  readonly channel: string;
  readonly name: string | null;
  readonly namespace: string;
}

/**
 * Verdicts kept per distinct namespace; a run has few, a thread may have many. They are in a plain map, since every
 * open stream has one: an LRU cache takes four times the memory, and the time of a stream's opening.
 */
const MAX_REMEMBERED = 2_000;

/** A compiled filter: the one predicate that decides what a reader sees, live and in catch-up alike. */
export class EventFilter {
  /** Equal filters have equal keys, so that readers can share the frames made for them. */
  readonly key: string;
  /** JSON array of the plain channels a query has to look at. */
  readonly channelsJson: string;

  private readonly channels: ReadonlySet<string>;
  private readonly customNames: ReadonlySet<string>;
  private readonly namespaces: readonly Namespace[];
  private readonly depth: number;
  private readonly verdicts = new Map<string, boolean>();

  constructor(spec: FilterSpec) {
    const named = spec.channels.filter((channel) => channel.startsWith('custom:'));
    this.channels = new Set(spec.channels.filter((channel) => !channel.startsWith('custom:')));
    this.customNames = new Set(named.map((channel) => channel.slice('custom:'.length)));
    this.namespaces = spec.namespaces ?? [];
    this.depth = spec.depth ?? Number.POSITIVE_INFINITY;
    const columns = new Set(this.channels);
    if (named.length > 0) columns.add('custom');
    this.channelsJson = JSON.stringify([...columns].sort());
    const where = this.namespaces.length === 0 ? '' : JSON.stringify([this.namespaces, spec.depth ?? null]);
    this.key = `${JSON.stringify([...new Set(spec.channels)].sort())}${where}`;
  }

  /** True when only `channels` are asked for, whatever their namespaces. */
  asksOnlyFor(channels: ReadonlySet<string>): boolean {
    return this.customNames.size === 0 && [...this.channels].every((channel) => channels.has(channel));
  }

  /** True when the reader wants this event (docs/event-stream.md, Filters). */
  matches(event: Filterable): boolean {
    if (event.kind) return false;
    return this.wantsChannel(event.channel, event.name) && this.wantsNamespace(event.namespace);
  }

  private wantsChannel(channel: string, name: string | null): boolean {
    if (this.channels.has(channel)) return true;
    return channel === 'custom' && name !== null && this.customNames.has(name);
  }

  private wantsNamespace(text: string): boolean {
    if (this.namespaces.length === 0) return true;
    let verdict = this.verdicts.get(text);
    if (verdict === undefined) {
      verdict = this.isInside(JSON.parse(text) as string[]);
      if (this.verdicts.size >= MAX_REMEMBERED) this.verdicts.clear();
      this.verdicts.set(text, verdict);
    }
    return verdict;
  }

  private isInside(namespace: Namespace): boolean {
    return this.namespaces.some(
      (prefix) => namespace.length - prefix.length <= this.depth && isPrefixOf(prefix, namespace),
    );
  }
}
