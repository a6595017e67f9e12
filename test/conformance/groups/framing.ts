import { check, same, show } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import type { CaseScope } from '../case-scope.js';
import { type ProtocolEvent, isTerminal, of } from '../protocol-event.js';
import { quickInput, said, sample, slowInput } from '../sample-threads.js';
import { cddl, js, js15, python, whatwg } from '../sources.js';
import type { EventStream } from '../event-stream.js';

const IDLE: Rule = {
  text: 'Event streams can be opened before or after run.start; streams opened before a run exists stay idle until events are produced.',
  source: cddl('4. Thread-Centric Model'),
};
const HEADERS: Rule = {
  text: 'A successful event stream has the type text/event-stream; the client refuses anything else and waits 5 s for the headers of its watcher.',
  source: `${whatwg('9.2.3 Processing model')}; ${js('client/stream/transport/http.ts')}; ${python('_async/stream.py')}`,
};
const OPEN: Rule = {
  text: 'The stream serves whatever runs come; a body that ends after a run makes the Python watcher fail and every JavaScript client reconnect.',
  source: `${cddl('6. Subscription & Event Streaming')}; ${python('_async/stream.py, "lifecycle stream ended before terminal event"')}`,
};
const ENVELOPE: Rule = {
  text: 'Every event has the envelope {type, event_id, seq, method, params: {namespace, timestamp, data}}.',
  source: cddl('3. Top-Level Message Framing, Event'),
};
const REQUEST: Rule = {
  text: 'EventStreamRequest has a required list channels, and is Extensible.',
  source: cddl('6, EventStreamRequest'),
};
const ONE_LINE: Rule = {
  text: 'Version 1.12 joins several data lines of one event without a line break: the JSON must be on one line.',
  source: js('utils/sse.ts'),
};

const opened = (
  name: string,
  says: string,
  rule: Rule,
  look: (stream: EventStream, scope: CaseScope) => void | Promise<void>,
): ConformanceCase => ({
  id: `framing/${name}`,
  says,
  rule,
  check: async (scope) => look(await scope.thread().stream(), scope),
});

const METHODS = new Set([
  'values',
  'updates',
  'messages',
  'tools',
  'lifecycle',
  'input.requested',
  'input.answered',
  'checkpoints',
  'tasks',
  'custom',
]);
const isUint = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

const FIELDS: [string, string, (event: ProtocolEvent) => boolean][] = [
  [
    'event-id',
    'Every event has an event_id, a string that is not empty.',
    (event) => typeof event.event_id === 'string' && event.event_id !== '',
  ],
  ['seq', 'Every event has a seq, an integer of at least 0.', (event) => isUint(event.seq)],
  ['method', 'Every method is one that a channel of the protocol carries.', (event) => METHODS.has(event.method)],
  [
    'namespace',
    'params.namespace is a list of strings.',
    ({ params }) => Array.isArray(params.namespace) && params.namespace.every((part) => typeof part === 'string'),
  ],
  [
    'timestamp',
    'params.timestamp is a time in milliseconds.',
    ({ params }) => isUint(params.timestamp) && Math.abs(params.timestamp - Date.now()) < 86_400_000,
  ],
  ['data', 'params.data is an object.', ({ params }) => typeof params.data === 'object' && params.data !== null],
];

const envelopes = FIELDS.map(([name, says, holds]): ConformanceCase => ({
  id: `framing/envelope-${name}`, says, rule: ENVELOPE,
  check: async ({ lab }) => {
    for (const graph of ['agent', 'approval', 'research'] as const) {
      const wrong = (await sample(lab, graph)).events.find((event) => !holds(event));
      check(!wrong, `${graph}: ${show(wrong)}`);
    }
  },
}));

const BAD_BODIES: [string, string, unknown][] = [
  ['not-json', 'A body that is no JSON is refused with a 4xx.', '{"channels":'],
  ['no-channels', 'A body without channels is refused with a 4xx.', {}],
  ['channels-not-a-list', 'A body whose channels are no list is refused with a 4xx.', { channels: 'messages' }],
];

const refusals = BAD_BODIES.map(([name, says, body]): ConformanceCase => ({
  id: `framing/refuses-${name}`, says, rule: REQUEST,
  check: async (scope) => {
    const { status } = await scope.thread().streamOf(body);
    check(status >= 400 && status < 500, `HTTP ${status}`);
  },
}));

const STRANGE = 'Grüße 🎉 “quoted” \u2028 line\nbreak\r\n\ttab \\u0041 \\n </script> data: x\n\nid: 7';

export const FRAMING: readonly ConformanceCase[] = [
  opened('status', 'A stream is answered with 200.', HEADERS, ({ status }) => same(status, 200, 'status')),
  opened('content-type', 'A stream has the content type text/event-stream.', HEADERS, ({ response }) =>
    check(
      /^text\/event-stream(;|$)/.test(response.headers['content-type'] ?? ''),
      String(response.headers['content-type']),
    ),
  ),
  opened(
    'unknown-thread-idles',
    'A stream of a thread that does not exist stays open and empty.',
    IDLE,
    async (stream) => {
      await stream.arrivals.quiet(1_500);
      check(stream.end === null, `the stream was ${stream.end}`);
      same(stream.events.length, 0, 'events');
    },
  ),
  {
    id: 'framing/unknown-thread-then-delivers',
    says: 'A stream that was opened on a thread that does not exist idles and then delivers the events of its first run (with a key, if one is given by --header).',
    rule: IDLE,
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream();
      await stream.arrivals.quiet(700);
      check(stream.end === null, `the stream was ${stream.end}`);
      await thread.start('firehose', quickInput('firehose'));
      await stream.until(isTerminal, 'the terminal');
      check(stream.events.some(of('messages')), 'no messages came');
    },
  },
  {
    id: 'framing/stays-open-after-a-run',
    says: 'A stream does not end because a run has ended, and carries the next run as well.',
    rule: OPEN,
    check: async (scope) => {
      const thread = scope.thread();
      const stream = await thread.stream();
      await thread.start('firehose', quickInput('firehose'));
      await stream.until(isTerminal, 'the first terminal');
      await stream.arrivals.quiet(1_500);
      check(stream.end === null, `the stream was ${stream.end}`);
      await thread.start('firehose', quickInput('firehose'));
      await stream.untilCount(isTerminal, 2, 'the second terminal on the same stream');
    },
  },
  {
    id: 'framing/one-object-per-event',
    says: 'The data of every server-sent event is one JSON object.',
    rule: ENVELOPE,
    check: async ({ lab }) => {
      const { frames, events } = await sample(lab, 'agent');
      check(frames.length > 0, 'no frames');
      same(events.length, frames.length, 'frames that are events');
    },
  },
  {
    id: 'framing/one-data-line',
    says: 'Every server-sent event has one data line.',
    rule: ONE_LINE,
    check: async ({ lab }) => {
      const { frames } = await sample(lab, 'agent');
      check(frames.length > 0 && frames.every(({ dataLines }) => dataLines === 1), 'an event has several data lines');
    },
  },
  {
    id: 'framing/frame-id-is-stable',
    says: 'The id line of an event is the same on every connection.',
    rule: {
      text: 'The id of an event is its place for reconnection (it maps to the id line of SSE).',
      source: cddl('3, Event.event_id'),
    },
    check: async (scope) => {
      const { id, frames } = await sample(scope.lab, 'agent');
      const again = await scope.thread(id).log();
      same(
        again.frames.map((frame) => frame.id),
        frames.map((frame) => frame.id),
        'ids',
      );
      same(new Set(frames.map((frame) => frame.id)).size, frames.length, 'different ids');
    },
  },
  ...envelopes,
  {
    id: 'framing/any-text',
    says: 'Text with line breaks, quotes, backslashes and any letters arrives as it was.',
    rule: {
      text: 'The stream is UTF-8, and line breaks end a field: they are escaped within JSON.',
      source: `${whatwg('9.2.5 Parsing an event stream')}; RFC 8259, 7`,
    },
    check: async (scope) => {
      const thread = scope.thread();
      await thread.start('firehose', { messages: said(STRANGE), tokens: 1, custom: 0 });
      const { events } = await thread.log();
      const messages = events.filter(of('values')).at(-1)?.params.data.messages as { content: unknown }[] | undefined;
      same(messages?.[0]?.content, STRANGE, 'the message of the person');
    },
  },
  {
    id: 'framing/large-event',
    says: 'An event of half a megabyte arrives whole.',
    rule: ENVELOPE,
    check: async (scope) => {
      const thread = scope.thread();
      const long = 'abcdefgh'.repeat(65_536);
      await thread.start('firehose', { messages: said(long), tokens: 1, custom: 0 });
      const { events } = await thread.log();
      const messages = events.filter(of('values')).at(-1)?.params.data.messages as { content: unknown }[] | undefined;
      check(messages?.[0]?.content === long, 'the message of the person is not whole');
    },
  },
  ...refusals,
  {
    id: 'framing/ignores-unknown-keys',
    says: 'A body with a key that the server does not know is accepted.',
    rule: REQUEST,
    check: async (scope) =>
      same((await scope.thread().streamOf({ channels: ['values'], a_key_of_tomorrow: 1 })).status, 200, 'status'),
  },
  {
    id: 'framing/path-of-the-protocol',
    says: 'POST /threads/:thread_id/stream opens a stream.',
    rule: {
      text: 'POST /threads/:thread_id/stream: filtered SSE event stream.',
      source: cddl('4. Thread-Centric Model, Transport endpoints'),
    },
    check: async (scope) => {
      const stream = await scope.thread().streamOf({ channels: ['lifecycle'] }, 'stream');
      same(stream.status, 200, 'status');
    },
  },
  {
    id: 'framing/comments-keep-it-alive',
    says: 'An idle stream sends a comment line within 20 seconds.',
    rule: {
      text: 'Proxies drop idle connections: a comment line every 15 seconds or so; the client watches their rhythm.',
      source: `${whatwg('9.2.7 Authoring notes')}; ${js('utils/stream.ts')}`,
    },
    limitMs: 25_000,
    check: async (scope) => {
      const stream = await scope.thread().stream();
      await stream.arrivals.until(() => (stream.comments > 0 ? true : undefined), 'a comment line', 20_000);
    },
  },
  {
    id: 'framing/two-streams-of-one-thread',
    says: 'Two streams of one thread are open at the same time and both get the run.',
    rule: {
      text: 'Multiple concurrent event streams are supported; each independently filters the same source.',
      source: `${cddl('6. Subscription & Event Streaming')}; ${js15('stream/controller.ts (a watcher and a pump)')}`,
    },
    check: async (scope) => {
      const thread = scope.thread();
      const streams = [await thread.stream({ channels: ['lifecycle', 'input'] }), await thread.stream()];
      await thread.start('firehose', slowInput(300));
      for (const stream of streams) await stream.until(isTerminal, 'the terminal');
    },
  },
];
