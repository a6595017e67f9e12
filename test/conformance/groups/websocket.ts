import { check, same, sameList, show } from '../checks.js';
import type { ConformanceCase, Rule } from '../conformance-case.js';
import { isTerminal, of, placed } from '../protocol-event.js';
import { finishedThread, quickInput, slowInput } from '../sample-threads.js';
import { everything, onSocket } from '../socket-case.js';
import { cddl, js, js15, python, rfc6455 } from '../sources.js';
import { isError } from './commands.js';

const COMMANDS: Rule = {
  text: 'A WebSocket is a full-duplex connection: commands go in, answers and events come out as one JSON text frame each.',
  source: cddl('3. Top-Level Message Framing; 4, Transport endpoints'),
};
const MALFORMED: Rule = {
  text: 'A frame that is no command is answered {type: error, id: null, error: invalid_argument}.',
  source: cddl('3, ErrorResponse.id'),
};
const MANY: Rule = {
  text: 'Multiple connections may observe the same thread concurrently; the Python client opens two sockets and sends its commands by HTTP.',
  source: `${cddl('4. Thread-Centric Model')}; ${python('stream/transport/ws.py')}`,
};

const BAD_FRAMES: [string, string, string][] = [
  ['not-json', 'A frame that is no JSON', '{"id":'],
  ['no-id', 'A command without id', '{"method":"state.get","params":{}}'],
  ['list', 'A list', '[]'],
];

const badFrames = BAD_FRAMES.map(([name, what, frame]): ConformanceCase =>
  onSocket(`refuses-${name}`, `${what} is answered invalid_argument, with id null.`, MALFORMED, async (socket) => {
    socket.socket.send(frame);
    const answer = await socket.answerTo(null, 'the bad frame');
    isError(answer, 'invalid_argument');
  }),
);

/** The socket itself, and commands on it. */
export const WEBSOCKET: readonly ConformanceCase[] = [
  onSocket(
    'opens',
    'A socket opens on a thread that does not exist, without subprotocol, and stays open.',
    {
      text: 'Clients open the socket without a subprotocol, before or after the first run.',
      source: `${cddl('4. Thread-Centric Model')}; ${js('client/stream/transport/websocket.ts')}`,
    },
    async (socket) => {
      await socket.arrivals.quiet(1_000);
      same(
        [socket.socket.protocol, socket.closed, socket.messages.length],
        ['', null, 0],
        'subprotocol, close code, messages',
      );
    },
  ),
  {
    id: 'websocket/path-of-the-protocol',
    says: 'The socket opens at /threads/:thread_id/stream as well.',
    rule: {
      text: 'ws://.../threads/:thread_id/stream: full-duplex connection.',
      source: cddl('4, Transport endpoints'),
    },
    check: async (scope) => void (await scope.thread().socket('stream')),
  },
  ...badFrames,
  onSocket('bad-frame-is-no-end', 'A bad frame does not end the socket.', MALFORMED, async (socket) => {
    socket.socket.send('nonsense');
    await socket.answerTo(null, 'the bad frame');
    await socket.run({ channels: ['values'] }, 'firehose', quickInput('firehose'));
  }),
  onSocket(
    'unknown-command',
    'A method that the protocol does not have is unknown_command.',
    COMMANDS,
    async (socket) => {
      await socket.start('firehose', quickInput('firehose'));
      isError(await socket.command('run.fly'), 'unknown_command');
    },
  ),
  onSocket('run-start', 'run.start on the socket starts a run and answers its run_id.', COMMANDS, async (socket) => {
    await socket.run(everything(), 'firehose', quickInput('firehose'));
    await socket.until(isTerminal, 'the terminal');
  }),
  onSocket(
    'applied-through-seq',
    'run.start on the socket answers an applied_through_seq above 0.',
    { text: 'The client reads 0 as "no position".', source: js15('stream/controller.ts') },
    async (socket) => {
      const { meta } = await socket.command('run.start', { assistant_id: 'firehose', input: quickInput('firehose') });
      check((meta?.applied_through_seq ?? 0) > 0, show(meta));
    },
  ),
  onSocket(
    'run-start-refused',
    'run.start without assistant_id on the socket is invalid_argument.',
    COMMANDS,
    async (socket) => isError(await socket.command('run.start', { input: {} }), 'invalid_argument'),
  ),
  {
    id: 'websocket/state-get',
    says: 'state.get is answered on the socket.',
    rule: COMMANDS,
    check: async (scope) => {
      const socket = await scope.thread((await finishedThread(scope, 'agent')).id).socket();
      const { result } = await socket.command('state.get', { namespace: [] });
      check(Array.isArray((result?.values as { messages?: unknown } | undefined)?.messages), show(result));
    },
  },
  {
    id: 'websocket/get-tree',
    says: 'agent.getTree is answered on the socket.',
    rule: COMMANDS,
    check: async (scope) => {
      const { id, runId } = await finishedThread(scope, 'agent');
      const { result } = await (await scope.thread(id).socket()).command('agent.getTree', { run_id: runId });
      same((result?.tree as { status?: string } | undefined)?.status, 'completed', 'status');
    },
  },
  onSocket('interrupt-and-answer', 'A question is asked and answered on one socket.', COMMANDS, async (socket) => {
    await socket.run({ channels: ['lifecycle', 'input'] }, 'approval', quickInput('approval'));
    await socket.until(isTerminal, 'the first terminal');
    const responses = socket.events
      .filter(of('input.requested'))
      .map(({ params }) => ({ interrupt_id: params.data.interrupt_id, namespace: params.namespace, response: 'ok' }));
    const { type, message } = await socket.command('input.respond', { responses });
    check(type === 'success', `refused: ${message}`);
    await socket.until(isTerminal, 'the second terminal', 2);
  }),
  onSocket(
    'slow-command-does-not-block',
    'Commands behind a run.start on a busy thread are answered within a second.',
    {
      text: 'Answers are matched by id; a command that takes long must not hold up the connection that carries the events.',
      source: `${cddl('3, CommandResponse.id')}; ${js('client/stream/transport/websocket.ts')}`,
    },
    async (socket) => {
      await socket.run({ channels: ['messages'] }, 'firehose', slowInput(6_000));
      await socket.until(of('messages'), 'a messages event');
      socket.post('run.start', { assistant_id: 'firehose', input: quickInput('firehose') });
      await socket.answerTo(socket.post('no.such.command'), 'a command behind it', 1_000);
    },
  ),
  onSocket(
    'no-unasked-answers',
    'Every answer is to a command, and each command has one.',
    { text: 'A CommandResponse answers the command with its id.', source: cddl('3, CommandResponse') },
    async (socket) => {
      await socket.run({ channels: ['lifecycle'] }, 'firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the first terminal');
      await socket.start('firehose', quickInput('firehose'));
      await socket.until(isTerminal, 'the second terminal', 2);
      await socket.arrivals.quiet(300);
      same(socket.answers.map(({ id }) => id ?? -1).sort(), [1, 2, 3], 'ids of the answers');
    },
  ),
  onSocket('two-sockets', 'Two sockets of one thread both get the run.', MANY, async (socket, thread) => {
    const other = await thread.socket();
    other.post('subscription.subscribe', everything());
    await socket.run(everything(), 'firehose', quickInput('firehose'));
    for (const one of [socket, other]) await one.until(isTerminal, 'the terminal');
    for (const one of [socket, other]) await one.arrivals.quiet(200);
    sameList(other.events.map(placed), socket.events.map(placed), 'events of the second socket');
  }),
  onSocket('one-of-two-closes', 'When one of two sockets closes the other goes on.', MANY, async (socket, thread) => {
    const other = await thread.socket();
    other.post('subscription.subscribe', everything());
    await socket.run(everything(), 'firehose', slowInput(600));
    await other.until(of('messages'), 'a messages event');
    other.close();
    await socket.until(isTerminal, 'the terminal');
    same((await socket.command('no.such.command')).type, 'error', 'type of an answer after it');
  }),
  onSocket(
    'mixed-with-sse',
    'A run that was started on a socket is on an SSE stream, too.',
    MANY,
    async (socket, thread) => {
      const stream = await thread.stream();
      await socket.command('run.start', { assistant_id: 'firehose', input: quickInput('firehose') });
      await stream.until(isTerminal, 'the terminal');
    },
  ),
  onSocket(
    'run-survives-the-socket',
    'A run goes on when its socket closes.',
    {
      text: 'The thread is the durable identity; each connection is an ephemeral transport scope.',
      source: cddl('4. Thread-Centric Model'),
    },
    async (socket, thread) => {
      const runId = await socket.start('firehose', slowInput(600));
      socket.close();
      same(await thread.runEnded(runId), 'success', 'status of the run');
    },
  ),
  onSocket(
    'ping',
    'A ping is answered by a pong with the same data.',
    {
      text: 'Upon receipt of a Ping frame an endpoint sends a Pong with identical application data. Python pings every 20 s.',
      source: `${rfc6455('5.5.2 and 5.5.3')}; ${python('stream/transport/ws.py')}`,
    },
    async (socket) => {
      socket.socket.ping('are you there');
      same(await socket.arrivals.until(() => socket.pongs[0], 'the pong', 3_000), 'are you there', 'data');
    },
  ),
  onSocket(
    'close',
    'A close is answered by a close.',
    { text: 'If an endpoint receives a Close frame and did not send one, it sends one.', source: rfc6455('5.5.1') },
    async (socket) => {
      socket.socket.close(1000);
      same(await socket.arrivals.until(() => socket.closed ?? undefined, 'the close', 3_000), 1000, 'code');
    },
  ),
  onSocket(
    'fragments',
    'A command that comes in fragments is understood.',
    { text: 'A fragmented message is the concatenation of its frames.', source: rfc6455('5.4') },
    async (socket) => {
      const text = JSON.stringify({ id: 77, method: 'no.such.command', params: {} });
      socket.socket.send(text.slice(0, 20), { fin: false });
      socket.socket.send(text.slice(20), { fin: true });
      isError(await socket.answerTo(77, 'the fragments'));
    },
  ),
  onSocket('text-frames', 'Every frame of the server is a text frame with a JSON object.', COMMANDS, async (socket) => {
    await socket.run(everything(), 'agent', quickInput('agent'));
    await socket.until(isTerminal, 'the terminal');
    const odd = socket.messages.find(
      (message) => message === null || 'binary' in message || 'unparsed' in message || typeof message.type !== 'string',
    );
    check(!odd, show(odd));
  }),
];
