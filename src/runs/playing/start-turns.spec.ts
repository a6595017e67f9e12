import { StartTurns } from './start-turns.js';

describe('StartTurns', () => {
  it('lets one caller go per turn of the loop, in the order in which they came', async () => {
    const turns = new StartTurns();
    const order: string[] = [];
    const starts = ['first', 'second', 'third'].map(async (name) => {
      await turns.take();
      order.push(name);
      // Runs before the loop turns again, and so before the next one starts.
      queueMicrotask(() => order.push(`after ${name}`));
      setImmediate(() => order.push(`turn after ${name}`));
    });
    await Promise.all(starts);
    expect(order.filter((entry) => !entry.startsWith('turn'))).toEqual([
      'first', 'after first', 'second', 'after second', 'third', 'after third',
    ]);
    expect(order.indexOf('turn after first')).toBeLessThan(order.indexOf('third'));
    expect(order).toContain('turn after first');
  });

  it('lets a caller go that came long after the others', async () => {
    const turns = new StartTurns();
    await turns.take();
    await expect(turns.take()).resolves.toBeUndefined();
  });
});
