import { exceededBound, type JsonBounds } from './json-scan.js';

const PLENTY = { depth: 1e9, containers: 1e9 };
const exceeded = (json: string, bounds: Partial<JsonBounds>): keyof JsonBounds | null =>
  exceededBound(Buffer.from(json), { ...PLENTY, ...bounds });

describe('exceededBound', () => {
  it('counts objects and arrays that are inside each other', () => {
    expect(exceeded('{"a":[{"b":1}]}', { depth: 3 })).toBeNull();
    expect(exceeded('{"a":[{"b":1}]}', { depth: 2 })).toBe('depth');
    expect(exceeded('[[],[],[]]', { depth: 2 })).toBeNull();
  });

  it('counts objects and arrays all in all', () => {
    expect(exceeded('[[],{},[{}]]', { containers: 5 })).toBeNull();
    expect(exceeded('[[],{},[{}]]', { containers: 4 })).toBe('containers');
  });

  it('counts nothing inside strings, however long and whatever they escape', () => {
    expect(exceeded('{"a":"[[[[{{{{","b":"\\"[[[["}', { containers: 1 })).toBeNull();
    expect(exceeded('{"a\\\\":[1]}', { depth: 1 })).toBe('depth');
    for (let length = 0; length < 200; length += 1) {
      for (const end of ['', '\\', '"', '\\"', '\n']) {
        const text = `[${JSON.stringify(`${'x'.repeat(length)}${end}`)},${JSON.stringify(`${end.repeat(length)}[`)},[1]]`;
        expect(exceeded(text, { containers: 2 })).toBeNull();
        expect(exceeded(text, { containers: 1 })).toBe('containers');
      }
    }
  });

  it('comes to an end on text that is no JSON', () => {
    for (const text of ['"[[[', ']]]]"\\', `"${'x'.repeat(100)}`, `"${'x'.repeat(100)}\\`, `"${'\\'.repeat(99)}"`]) {
      expect(exceeded(text, { containers: 0 })).toBeNull();
    }
  });

  it('looks no further than the bound', () => {
    let read = 0;
    const bytes = Buffer.from('['.repeat(100_000));
    const counted = new Proxy(bytes, {
      get: (target, key) => {
        read += 1;
        return Reflect.get(target, key, target) as unknown;
      },
    });
    expect(exceededBound(counted, { ...PLENTY, containers: 10 })).toBe('containers');
    expect(read).toBeLessThan(50);
  });
});
