import { type LogServer, startLogServer } from './support/log-server.js';
import { SseReader } from './support/sse-reader.js';
import { draftOf } from './support/temporary-log.js';

const MAX_BODY_BYTES = 200_000;
const JSON_TYPE = { 'content-type': 'application/json' };
const many = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

interface Problem {
  detail: string | { loc: (string | number)[]; msg: string; type: string }[];
  message?: string;
  error?: string;
}

/** What was asked of a route with bad input, and that the server lives on. */
class Prober {
  private events = 0;

  private constructor(
    readonly server: LogServer,
    private readonly reader: SseReader,
  ) {}

  static async start(server: LogServer): Promise<Prober> {
    return new Prober(server, await SseReader.open(server.url, 'alive', { channels: ['custom'] }));
  }

  async post(
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = JSON_TYPE,
  ): Promise<{ status: number; problem: Problem }> {
    const response = await fetch(`${this.server.url}${path}`, { method: 'POST', headers, body });
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    const problem = (await response.json()) as Problem;
    await this.assertAlive();
    return { status: response.status, problem };
  }

  /** A stream that was open before still gets events, and the server answers. */
  async assertAlive(): Promise<void> {
    expect(await (await fetch(`${this.server.url}/ok`)).json()).toEqual({ ok: true });
    await this.server.log.append('alive', [draftOf(this.events)]);
    this.events += 1;
    await this.reader.until(({ frames }) => frames.length === this.events);
  }

  close(): void {
    this.reader.close();
  }
}

describe('bad input', () => {
  let server: LogServer;
  let prober: Prober;
  beforeAll(async () => {
    server = await startLogServer({ MAX_BODY_BYTES });
    prober = await Prober.start(server);
  });
  afterAll(async () => {
    prober.close();
    await server.close();
  });

  describe('on POST /threads/:id/stream/events', () => {
    const path = '/threads/t/stream/events';
    const post = (body: unknown): ReturnType<Prober['post']> => prober.post(path, JSON.stringify(body));

    it.each([
      ['channels missing', {}, 'channels', 'missing'],
      ['channels null', { channels: null }, 'channels', 'list_type'],
      ['channels a string', { channels: 'values' }, 'channels', 'list_type'],
      ['channels an object', { channels: { 0: 'values', length: 1 } }, 'channels', 'list_type'],
      ['a channel a number', { channels: ['values', 7] }, 'channels', 'string_type'],
      ['a channel null', { channels: [null] }, 'channels', 'string_type'],
      ['since negative', { channels: ['values'], since: -1 }, 'since', 'greater_than_equal'],
      ['since a fraction', { channels: ['values'], since: 1.5 }, 'since', 'int_type'],
      ['since text', { channels: ['values'], since: '5' }, 'since', 'int_type'],
      ['since true', { channels: ['values'], since: true }, 'since', 'int_type'],
      ['since a list', { channels: ['values'], since: [5] }, 'since', 'int_type'],
      ['since_event_id a number', { channels: ['values'], since_event_id: 5 }, 'since_event_id', 'string_type'],
      ['depth negative', { channels: ['values'], depth: -1 }, 'depth', 'greater_than_equal'],
      ['depth a fraction', { channels: ['values'], namespaces: [[]], depth: 0.5 }, 'depth', 'int_type'],
      ['depth text', { channels: ['values'], depth: '1' }, 'depth', 'int_type'],
      ['namespaces text', { channels: ['values'], namespaces: 'a' }, 'namespaces', 'value_error'],
      ['namespaces a list of texts', { channels: ['values'], namespaces: ['a'] }, 'namespaces', 'value_error'],
      ['a namespace with a number', { channels: ['values'], namespaces: [['a', 1]] }, 'namespaces', 'value_error'],
      ['namespaces an object', { channels: ['values'], namespaces: {} }, 'namespaces', 'value_error'],
      ['more channels than are allowed', { channels: many(101, 'values') }, 'channels', 'too_long'],
      ['ten thousand namespaces', { channels: ['values'], namespaces: many(10_000, ['a']) }, 'namespaces', 'too_long'],
      [
        'a namespace of too many segments',
        { channels: ['values'], namespaces: [['a'], many(101, 'a')] },
        'namespaces',
        'too_long',
      ],
    ])('%s is 422, and says where', async (_what, body, field, type) => {
      const { status, problem } = await post(body);
      expect(status).toBe(422);
      expect(problem.detail).toHaveLength(1);
      const [issue] = problem.detail as Exclude<Problem['detail'], string>;
      expect(issue?.loc.slice(0, 2)).toEqual(['body', field]);
      expect(issue?.msg).toEqual(expect.stringMatching(/\w/));
      expect(issue?.type).toBe(type);
    });

    it.each(['null', '[]', '[1]', '7', '"text"', 'true'])('the body %s is 422', async (body) => {
      const { status, problem } = await prober.post(path, body);
      expect(status).toBe(422);
      expect(problem.detail).toEqual([expect.objectContaining({ loc: expect.arrayContaining(['body']) })]);
    });

    it.each([
      ['no channel', { channels: [] }, /at least one channel/],
      ['an unknown channel', { channels: ['values', 'valeus'] }, /"valeus"/],
      ['the name of a method', { channels: ['input.requested'] }, /"input\.requested"/],
      ['a custom channel without a name', { channels: ['custom:'] }, /"custom:"/],
      ['the name of a built-in property', { channels: ['__proto__'] }, /"__proto__"/],
      ['an unknown channel of 1,000 letters', { channels: ['x'.repeat(1_000)] }, /"x{100}"/],
    ])('%s is 400, and says what', async (_what, body, message) => {
      const { status, problem } = await post(body);
      expect(status).toBe(400);
      expect(problem).toEqual({
        detail: expect.stringMatching(message),
        message: problem.detail,
        error: 'bad_request',
      });
      expect(problem.message?.length).toBeLessThan(500);
    });

    it('serves as many namespaces as are allowed, however long', async () => {
      const namespaces = [...many(998, ['n'.repeat(50)]), ['m'.repeat(50_000)], ['end']];
      const reader = await SseReader.open(server.url, 'wide', { channels: ['custom'], namespaces });
      await server.log.append('wide', [draftOf(1), draftOf(2, { namespace: ['end'] })]);
      expect((await reader.untilSeq(3)).ids).toEqual([3]);
      reader.close();
    });
  });

  describe.each(['stream/events', 'commands'])('on POST /threads/:id/%s', (route) => {
    const path = `/threads/t/${route}`;

    it.each([
      ['cut off', '{"channels":["values"'],
      ['no JSON', 'channels=values'],
      ['with a byte order mark amid', '{"channels":\ufeff["values"]}'],
      ['with two values', '{} {}'],
      ['a NaN', '{"channels":["values"],"since":NaN}'],
      ['nested too deep', `{"channels":${'['.repeat(5_000)}${']'.repeat(5_000)}}`],
    ])('a body %s is 400', async (_what, body) => {
      const { status, problem } = await prober.post(path, body);
      expect([status, problem.error]).toEqual([400, 'bad_request']);
    });

    it('a body that is no UTF-8 is 400', async () => {
      expect((await prober.post(path, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).status).toBe(400);
    });

    it('an empty body is 422', async () => {
      expect((await prober.post(path, '')).status).toBe(422);
    });

    it.each([
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
      ['nonsense', { 'content-type': 'what is this' }],
    ])('a body as %s is 415', async (_what, headers) => {
      expect((await prober.post(path, '{"channels":["values"]}', headers)).status).toBe(415);
    });

    it.each([
      ['of one byte too many', Buffer.alloc(MAX_BODY_BYTES + 1, ' ')],
      ['of many times the limit', Buffer.alloc(20 * MAX_BODY_BYTES, ' ')],
    ])('a body %s is 413', async (_what, body) => {
      // A server that stops reading in the middle may answer or reset; whichever comes first, it is no 5xx.
      const answered = await prober.post(path, body).catch((error: Error) => error);
      if (answered instanceof Error) expect(answered.message).toBe('fetch failed');
      else expect(answered.status).toBe(413);
      await prober.assertAlive();
    });

    it.each([
      ['with a NUL', 'a\u0000b'],
      ['with a line break', 'a\nb'],
      ['with DEL', 'a\u007f'],
      ['with a C1 control', 'a\u0085b'],
      ['with a slash', 'a/b'],
      ['of 300 characters', 'x'.repeat(300)],
      ['of 256 characters', 'x'.repeat(256)],
    ])('a thread id %s is 422', async (_what, threadId) => {
      const { status, problem } = await prober.post(
        `/threads/${encodeURIComponent(threadId)}/${route}`,
        '{"id":1,"method":"state.get","channels":["values"]}',
      );
      expect(status).toBe(422);
      expect(problem.detail).toEqual([
        expect.objectContaining({ loc: ['path', 'thread_id'], msg: expect.stringContaining('1 to 255 characters') }),
      ]);
    });

    it.each([
      ['of 5,000 characters', 'x'.repeat(5_000)],
      ['that is no UTF-8', '%ff'],
      ['that is a broken escape', '%zz'],
    ])('a thread id %s is a clear 4xx', async (_what, segment) => {
      const { status, problem } = await prober.post(
        `/threads/${segment}/${route}`,
        '{"id":1,"method":"state.get","channels":["values"]}',
      );
      expect([400, 404, 414, 422]).toContain(status);
      expect(problem.detail.length).toBeGreaterThan(0);
    });
  });
});

describe('with EVENT_STREAMING_ENABLED=false', () => {
  it.each(['stream/events', 'commands'])(
    'POST /threads/:id/%s is 503 and says how to turn it on; the rest goes on',
    async (route) => {
      const server = await startLogServer({ EVENT_STREAMING_ENABLED: false });
      const body = { channels: ['values'], id: 1, method: 'run.start', params: { assistant_id: 'burst', input: {} } };
      const response = await fetch(`${server.url}/threads/t/${route}`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({
        detail: expect.stringContaining('EVENT_STREAMING_ENABLED=true'),
        error: 'service_unavailable',
      });
      expect(server.log.head('t')).toBeNull();
      expect(
        (await fetch(`${server.url}/threads`, { method: 'POST', headers: JSON_TYPE, body: '{"thread_id":"t"}' }))
          .status,
      ).toBe(200);
      await server.close();
    },
  );
});
