import { envelopeText, plainEventId, rootLifecycleEventId, seqOfCursor } from './envelope.js';

describe('envelopeText', () => {
  it('is the event of the protocol, on one line', () => {
    const data = { text: 'two\nlines and \u2028 and "quotes"', nested: [null, 1.5, true] };
    const text = envelopeText('17-5', 5, 17, {
      method: 'messages', namespace: '["agent:1"]', node: 'ag"ent', data: JSON.stringify(data),
    });
    expect(text).not.toMatch(/[\r\n\u0085\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual({
      type: 'event', event_id: '17-5', seq: 5, method: 'messages',
      params: { namespace: ['agent:1'], timestamp: 17, node: 'ag"ent', data },
    });
  });

  it('has no node where the event has none', () => {
    const text = envelopeText('synth:run:2', 2, 17, { method: 'lifecycle', namespace: '[]', data: '{}' });
    expect(Object.keys((JSON.parse(text) as { params: object }).params)).toEqual(['namespace', 'timestamp', 'data']);
  });
});

describe('seqOfCursor', () => {
  it.each([
    [plainEventId(1763600000000, 42), 42],
    [rootLifecycleEventId('019a9f5e-6b7c-7c3e-8f00-000000000000', 7), 7],
    ['12', 12],
    ['0', 0],
  ])('reads %s', (cursor, seq) => {
    expect(seqOfCursor(cursor)).toBe(seq);
  });

  it.each([
    '',
    'x',
    '-1',
    '1-',
    '1.5',
    'synth:7',
    'synth:a:b:7',
    '1-2-3',
    ' 1',
    '1e3',
    '1234567890123456',
    '17-1234567890123456',
  ])('finds none in %j', (cursor) => {
    expect(seqOfCursor(cursor)).toBeNull();
  });
});
