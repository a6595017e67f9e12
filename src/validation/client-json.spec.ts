import { ClientJsonError, parseClientJson } from './client-json.js';

const BOUNDS = { MAX_BODY_DEPTH: 10, MAX_BODY_CONTAINERS: 100 };
const parse = (text: string | Buffer): unknown => parseClientJson(Buffer.from(text as string), BOUNDS);

function errorOf(text: string | Buffer): ClientJsonError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ClientJsonError) return error;
  }
  throw new Error('it was taken');
}

describe('parseClientJson', () => {
  it('keeps every key as it is, at any depth', () => {
    const text =
      '{"constructor":{"prototype":{"toString":1}},"list":[{"valueOf":null,"hasOwnProperty":{"constructor":[]}}],"prototype":2}';
    expect(JSON.stringify(parse(text))).toBe(text);
  });

  it('keeps text that only speaks of __proto__', () => {
    const value = { text: 'write {"__proto__": 1} here', list: ['__proto__', '"__proto__":'], proto__: 1 };
    expect(parse(JSON.stringify(value))).toEqual(value);
  });

  it.each(['{"__proto__":1}', '{"id":3,"a":[{"__proto__" : {}}]}', '{"a":{"\\u005f_pr\\u006Fto__":{"x":1}}}'])(
    'refuses the key __proto__ in %s, and pollutes nothing',
    (text) => {
      expect(errorOf(text)).toMatchObject({
        status: 422,
        message: expect.stringContaining('__proto__'),
        value: JSON.parse(text),
      });
      expect(({} as { x?: unknown }).x).toBeUndefined();
    },
  );

  it.each([
    ['no JSON', '{"a":', 400, /not JSON/],
    ['two values', '{} {}', 400, /not JSON/],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, /UTF-8/],
    ['too deep', `${'['.repeat(11)}${']'.repeat(11)}`, 400, /10 levels \(MAX_BODY_DEPTH\)/],
    ['too many', `[${'[],'.repeat(100)}1]`, 413, /100 arrays and objects \(MAX_BODY_CONTAINERS\)/],
  ])('refuses what is %s', (_what, text, status, message) => {
    expect(errorOf(text)).toMatchObject({ status, message: expect.stringMatching(message) });
  });

  it('refuses by the bounds before anything is made of the text', () => {
    expect(errorOf(`[${'[],'.repeat(100)}no JSON`)).toMatchObject({ status: 413 });
  });

  it('takes a byte order mark at the beginning', () => {
    expect(parse('\ufeff{}')).toEqual({});
  });
});
