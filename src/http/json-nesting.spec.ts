import { nestsDeeperThan } from './json-nesting.js';

const deeper = (json: string, limit: number): boolean => nestsDeeperThan(Buffer.from(json), limit);

describe('nestsDeeperThan', () => {
  it('counts objects and arrays together', () => {
    expect(deeper('{"a":[{"b":1}]}', 3)).toBe(false);
    expect(deeper('{"a":[{"b":1}]}', 2)).toBe(true);
    expect(deeper('[[],[],[]]', 2)).toBe(false);
  });

  it('does not count brackets inside strings', () => {
    expect(deeper('{"a":"[[[[{{{{","b":"\\"[[[["}', 1)).toBe(false);
    expect(deeper('{"a\\\\":[1]}', 1)).toBe(true);
  });

  it('comes to an end on text that is no JSON', () => {
    expect(deeper('"[[[', 1)).toBe(false);
    expect(deeper(']]]]"\\', 1)).toBe(false);
  });
});
