import * as realCrypto from 'node:crypto';
import { jest } from '@jest/globals';

const compared: [number, number][] = [];
jest.unstable_mockModule('node:crypto', () => ({
  ...realCrypto,
  timingSafeEqual: (one: Buffer, other: Buffer): boolean => {
    compared.push([one.length, other.length]);
    return realCrypto.timingSafeEqual(one, other);
  },
}));
const { ApiKeys } = await import('./api-keys.js');

describe('ApiKeys', () => {
  const keys = new ApiKeys('ada:key-a,bob:key-b,ada:se:cond');

  it('knows whose a key is, of several that an identity may have', () => {
    expect(['key-a', 'key-b', 'se:cond', 'key-c', 'ada', ''].map((key) => keys.ownerOf(key))).toEqual([
      'ada',
      'bob',
      'ada',
      null,
      null,
      null,
    ]);
  });

  it('asks for a key only where there are some', () => {
    expect([keys.required, new ApiKeys('').required]).toEqual([true, false]);
    expect(new ApiKeys('').ownerOf('')).toBeNull();
  });

  it.each(['key-a', 'key-b', 'k', 'x'.repeat(10_000)])(
    'compares %.5s with every known key, in a time that tells nothing',
    (key) => {
      compared.length = 0;
      keys.ownerOf(key);
      expect(compared).toEqual([
        [32, 32],
        [32, 32],
        [32, 32],
      ]);
    },
  );

  it('keeps no key in a form that can be read', () => {
    expect(JSON.stringify(keys)).not.toMatch(/key-a|cond/);
    expect(Object.values(keys).flat().flatMap((known: object) => Object.values(known))).not.toContain('key-a');
  });
});
