import { isThreadId } from './thread-id.js';

describe('isThreadId', () => {
  it.each([
    'a',
    'thread with spaces',
    'üñï',
    '019a9f5e-6b7c-7c3e-8f00-000000000000',
    'a:b|c%',
    'x'.repeat(255),
    '🧵'.repeat(255),
  ])('accepts %j', (id) => {
    expect(isThreadId(id)).toBe(true);
  });

  it.each([
    '',
    'x'.repeat(256),
    '🧵'.repeat(256),
    'a/b',
    'a\u0000b',
    'a\nb',
    'tab\t',
    '\u007f',
    '\u0085',
    '\ud800',
    7,
    null,
    undefined,
    {},
  ])('refuses %j', (id) => {
    expect(isThreadId(id)).toBe(false);
  });
});
