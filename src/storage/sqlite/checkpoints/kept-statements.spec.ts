import BetterSqlite from 'better-sqlite3';
import { keepStatements } from './kept-statements.js';

describe('keepStatements', () => {
  const handle = keepStatements(new BetterSqlite(':memory:'));
  afterAll(() => void handle.close());

  it('compiles the same text once', () => {
    expect(handle.prepare('SELECT 1')).toBe(handle.prepare('SELECT 1'));
    expect(handle.prepare('SELECT 2')).not.toBe(handle.prepare('SELECT 1'));
  });

  it('keeps what is asked for again and again, however many others come by, before and in between', () => {
    const other = (i: number): unknown => handle.prepare(`SELECT 'other ${i}'`);
    for (let i = 0; i < 250; i += 1) other(i);
    const busy = handle.prepare('SELECT -1');
    for (let i = 0; i < 250; i += 1) {
      other(i);
      expect(handle.prepare('SELECT -1')).toBe(busy);
    }
  });

  it('answers any number of texts, and says what is wrong with one as before', () => {
    const answers = Array.from({ length: 250 }, (_, i) => handle.prepare(`SELECT ${i}`).pluck().get());
    expect(answers).toEqual(Array.from({ length: 250 }, (_, i) => i));
    expect(() => handle.prepare('SELEKT 1')).toThrow('near "SELEKT": syntax error');
  });
});
