import { EventIds, sessionIdOf, sessionThreadIdOf, threadOfSession, uuidOfPrefixed } from './session-ids.js';

const THREAD = '01a1fb7b-832e-704f-b931-c3f40a27774e';
const HEX = THREAD.replaceAll('-', '');

describe('ids of sessions', () => {
  it('are the thread under another name, which is found again under any of its prefixes', () => {
    expect(sessionIdOf(THREAD)).toBe(`sess_${HEX}`);
    for (const id of [`sess_${HEX}`, `sesn_${HEX}`, `session_${HEX}`, HEX, THREAD, THREAD.toUpperCase()])
      expect(threadOfSession(id)).toBe(THREAD);
  });

  it.each(['', 'sess_', 'sess_12', `evt_${HEX}`, `sess_${HEX}0`, `sess_${'g'.repeat(32)}`, `sess_${'f'.repeat(31)}0`])(
    '%j is none',
    (id) => {
      expect(threadOfSession(id)).toBeNull();
    },
  );

  it('of threads depend on the session and the name alone', () => {
    expect(sessionThreadIdOf(THREAD, 'root')).toBe(sessionThreadIdOf(THREAD, 'root'));
    expect(sessionThreadIdOf(THREAD, 'root')).not.toBe(sessionThreadIdOf(THREAD, 'call_1'));
    expect(uuidOfPrefixed('agent', 'agent_desk')).toBeNull();
  });
});

describe('ids of events', () => {
  const ids = new EventIds(THREAD);

  it.each([
    [2, 0],
    [281_474_976_710_655, 65_535],
    [4_097, 4_096],
  ])('say where the event is from: seq %d, position %d', (seq, position) => {
    const id = ids.idOf({ seq, position });
    expect(id).toMatch(/^evt_[0-9a-f]{32}$/);
    expect(ids.placeOf(id)).toEqual({ seq, position });
    expect(ids.placeOf(`s${id}`)).toEqual({ seq, position });
  });

  it('of another thread are told at once', () => {
    const other = new EventIds('01a1fb7b-832e-704f-b931-c3f40a27774f').idOf({ seq: 2, position: 0 });
    for (const id of [other, '', '12', 'evt_', `${ids.idOf({ seq: 2, position: 0 })}0`])
      expect(ids.placeOf(id)).toBeNull();
  });
});
