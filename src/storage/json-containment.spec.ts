import { containsJson, countLeaves } from './json-containment.js';

const metadata = { team: 'red', deep: { a: 1, list: [1, { b: 2, c: 3 }, [4]] }, none: null, flag: false };

describe('containsJson', () => {
  it.each([
    {}, { team: 'red' }, { none: null }, { flag: false }, { deep: {} }, { deep: { a: 1 } }, { deep: { list: [] } },
    { deep: { list: [{ b: 2 }, 1] } }, { deep: { list: [[4]] } }, { team: 'red', deep: { list: [1, 1] } },
  ])('finds %j', (wanted) => expect(containsJson(metadata, wanted)).toBe(true));

  it.each([
    { team: 'Red' }, { none: 0 }, { missing: null }, { flag: null }, { deep: { a: '1' } }, { deep: [] }, { team: {} },
    { deep: { list: [2] } }, { deep: { list: [{ b: 2, d: 1 }] } }, { deep: { list: { 0: 1 } } }, { toString: null },
    JSON.parse('{"__proto__":{}}') as object, [{ team: 'red' }],
  ])('does not find %j', (wanted) => expect(containsJson(metadata, wanted)).toBe(false));

  it('counts what is compared', () => {
    expect([{}, { a: 1 }, { a: [1, { b: {} }, []] }, { a: { b: { c: null } } }].map(countLeaves)).toEqual([1, 1, 3, 1]);
  });
});
