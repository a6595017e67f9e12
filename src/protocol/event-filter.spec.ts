import { isPrefixMatch, matchesSubscription } from '@langchain/langgraph/stream';
import { SEED, RandomChoices } from '../../test/support/random-choices.js';
import { CHANNELS, type Channel } from './channel.js';
import { EventFilter, type Filterable, type FilterSpec } from './event-filter.js';
import { isPrefixOf, namespaceText } from './namespace.js';

const ROUNDS = 3_000;
const EVENTS_PER_ROUND = 12;
const NAMES = ['progress', 'a:b', 'ü', 'custom', ' '];
/** Few and alike, so that matches and near misses are frequent. */
const SEGMENTS = ['a', 'a:1', 'a:2', 'b:1', 'b', 'ab:1', 'a:1:2', ':', ''];

interface GeneratedEvent {
  channel: Channel;
  name: string | null;
  namespace: string[];
}

/** The rules of docs/event-stream.md, said once more and slowly. */
function wanted(spec: FilterSpec, event: GeneratedEvent): boolean {
  let channel = false;
  for (const asked of spec.channels) {
    if (asked === event.channel) channel = true;
    if (event.channel === 'custom' && event.name !== null && asked === `custom:${event.name}`) channel = true;
  }
  if (!channel) return false;
  const prefixes = spec.namespaces ?? [];
  if (prefixes.length === 0) return true;
  for (const prefix of prefixes) {
    let inside = prefix.length <= event.namespace.length;
    for (let i = 0; inside && i < prefix.length; i += 1) {
      const own = event.namespace[i] as string;
      inside = own === prefix[i] || own.split(':')[0] === prefix[i];
    }
    if (inside && event.namespace.length - prefix.length <= (spec.depth ?? Infinity)) return true;
  }
  return false;
}

class Generator extends RandomChoices {
  namespace = (): string[] => this.list(0, 4, () => this.pick(SEGMENTS));

  event = (): GeneratedEvent => {
    const channel = this.pick(CHANNELS);
    return {
      channel,
      name: channel === 'custom' && this.chance(0.7) ? this.pick(NAMES) : null,
      namespace: this.namespace(),
    };
  };

  spec(): FilterSpec {
    const channel = (): string => (this.chance(0.3) ? `custom:${this.pick(NAMES)}` : this.pick(CHANNELS));
    return {
      channels: this.list(1, 6, channel),
      namespaces: this.pick([undefined, null, this.list(0, 4, this.namespace)]),
      depth: this.pick([undefined, null, 0, 1, 2, 3, 99]),
    };
  }
}

const stored = ({ namespace, ...event }: GeneratedEvent): Filterable => ({
  ...event,
  namespace: namespaceText(namespace),
});

/** The same event and filter as LangGraph's own predicate takes them. */
function langGraphSays(spec: FilterSpec, { channel, name, namespace }: GeneratedEvent): boolean {
  const event = {
    method: channel === 'input' ? 'input.requested' : channel,
    params: { namespace, data: name === null ? {} : { name } },
  };
  const definition = {
    channels: spec.channels,
    namespaces: spec.namespaces ?? undefined,
    depth: spec.depth ?? undefined,
  };
  return matchesSubscription(event as never, definition as never);
}

describe('EventFilter', () => {
  it(`agrees with the reference model and with LangGraph on channels, namespaces and depth (TEST_SEED=${SEED})`, () => {
    const random = new Generator();
    const verdicts = { true: 0, false: 0 };
    for (let round = 0; round < ROUNDS; round += 1) {
      const spec = random.spec();
      const filter = new EventFilter(spec);
      for (const event of random.list(EVENTS_PER_ROUND, EVENTS_PER_ROUND, random.event)) {
        const verdict = filter.matches(stored(event));
        verdicts[`${verdict}`] += 1;
        const expected = { spec, event, model: wanted(spec, event), langGraph: langGraphSays(spec, event) };
        expect({ spec, event, model: verdict, langGraph: verdict }).toEqual(expected);
      }
    }
    // Neither answer is rare: a filter that lets everything through, or nothing, could not pass.
    expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(ROUNDS);
  });

  it(`agrees with LangGraph on what a namespace prefix holds (TEST_SEED=${SEED})`, () => {
    const random = new Generator();
    for (let round = 0; round < ROUNDS * 3; round += 1) {
      const [prefix, namespace] = [random.namespace(), random.namespace()];
      expect({ prefix, namespace, holds: isPrefixOf(prefix, namespace) }).toEqual({
        prefix, namespace, holds: isPrefixMatch(namespace, prefix),
      });
    }
  });

  it(`asks the database for every channel that it may let through, and for no other (TEST_SEED=${SEED})`, () => {
    const random = new Generator();
    for (let round = 0; round < ROUNDS; round += 1) {
      const spec = random.spec();
      const columns = JSON.parse(new EventFilter(spec).channelsJson) as string[];
      expect(new Set(columns)).toEqual(new Set(spec.channels.map((channel) => channel.split(':')[0])));
      expect(columns).toHaveLength(new Set(columns).size);
    }
  });

  it(`has the same key only as filters that let the same through (TEST_SEED=${SEED})`, () => {
    const random = new Generator();
    const byKey = new Map<string, FilterSpec>();
    for (let round = 0; round < ROUNDS; round += 1) {
      const spec = random.spec();
      const { key } = new EventFilter(spec);
      const twin = byKey.get(key) ?? spec;
      byKey.set(key, twin);
      for (const event of random.list(5, 5, random.event)) {
        expect({ spec, twin, event, verdict: wanted(spec, event) }).toEqual({
          spec,
          twin,
          event,
          verdict: wanted(twin, event),
        });
      }
    }
  });

  it('shares a key whatever the order of the channels, with or without a depth that has nothing to count from', () => {
    const key = (spec: FilterSpec): string => new EventFilter(spec).key;
    expect(key({ channels: ['tools', 'values', 'tools'] })).toBe(
      key({ channels: ['values', 'tools'], namespaces: [], depth: 3 }),
    );
    expect(key({ channels: ['values'], namespaces: [[]], depth: 0 })).not.toBe(
      key({ channels: ['values'], namespaces: [[]] }),
    );
  });

  it('goes on deciding rightly after more namespaces than it remembers', () => {
    const filter = new EventFilter({ channels: ['tools'], namespaces: [['even']] });
    for (let i = 0; i < 5_000; i += 1) {
      const namespace = namespaceText([`${i % 2 === 0 ? 'even' : 'odd'}:${i}`]);
      expect(filter.matches({ channel: 'tools', name: null, namespace })).toBe(i % 2 === 0);
    }
  });

  it.each([
    [['lifecycle'], true],
    [['input', 'lifecycle'], true],
    [['lifecycle', 'tools'], false],
    [['lifecycle', 'custom:lifecycle'], false],
  ])('asked for %j it knows whether that is only lifecycle and input: %s', (channels, only) => {
    expect(new EventFilter({ channels }).asksOnlyFor(new Set(['lifecycle', 'input']))).toBe(only);
  });
});
