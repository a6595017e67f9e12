import { ServerHome } from './support/server-process.js';
import { TestSession } from './support/session-requests.js';

it('goes on after kill -9 where a client left off: nothing twice, and what was seen keeps its id', async () => {
  const home = new ServerHome('examples/langgraph.json');
  try {
    const first = await home.start();
    const session = await TestSession.create(first.url, 'team', 'cats');
    const live = await session.live('?replay=all&scope=all');
    await live.untilType('agent.message', 2);
    await first.kill();
    await live.end();
    const seen = live.events;

    const second = await home.start();
    const again = Object.assign(Object.create(TestSession.prototype) as TestSession, {
      server: second.url,
      id: session.id,
    });
    const whole = await again.story();
    const ids = whole.map(({ id }) => id as string);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(0, seen.length)).toEqual(seen.map(({ id }) => id));
    expect(whole.filter(({ type }) => type === 'user.message')).toHaveLength(1);
    expect(whole.map(({ type }) => type)).toEqual(expect.arrayContaining(['session.status_rescheduled']));
    expect(whole.at(-1)).toMatchObject({ type: 'session.status_idle', stop_reason: { type: 'end_turn' } });
    expect((await again.story()).map(({ id }) => id)).toEqual(ids);
  } finally {
    await home.dispose();
  }
});
