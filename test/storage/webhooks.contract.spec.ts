import { ENGINES, type OpenEngine } from './open-engine.js';

describe.each(ENGINES)('The storage contract of webhooks on $name', ({ open }) => {
  let engine: OpenEngine;
  beforeEach(async () => {
    engine = await open();
    for (const [webhookId, dueAt] of [['w1', 20], ['w2', 10]] as const) {
      const bodyJson = `{"id":"${webhookId}"}`;
      await engine.decide((unit) =>
        unit.enqueueWebhook({ webhookId, runId: 'r', url: 'https://example.com/', dueAt, bodyJson }));
    }
  });
  afterEach(() => engine.close());

  const dueAt = async (now: number): Promise<string[]> =>
    (await engine.webhooks.due(now, 10)).map(({ webhookId }) => webhookId);

  it('knows what is due, and gives back what was stored with the end of the run', async () => {
    expect([await dueAt(5), await dueAt(10), await dueAt(20)]).toEqual([[], ['w2'], ['w2', 'w1']]);
    expect(await engine.webhooks.due(20, 1)).toEqual([
      { webhookId: 'w2', runId: 'r', threadId: 't', url: 'https://example.com/', attempt: 0, dueAt: 10 },
    ]);
    expect(await engine.webhooks.body('w1')).toBe('{"id":"w1"}');
    expect(await engine.webhooks.nextDueAt()).toBe(10);
  });

  it('gives each attempt to one, until its lease is over', async () => {
    const [webhook] = await engine.webhooks.due(10, 1);
    const claims = [await engine.webhooks.claim(webhook!, 50), await engine.webhooks.claim(webhook!, 60)];
    expect([claims, await dueAt(49)]).toEqual([[true, false], ['w1']]);
    expect(await engine.webhooks.due(50, 10)).toMatchObject([{ webhookId: 'w1' }, { webhookId: 'w2', attempt: 1 }]);
  });

  it('has it due again when it was not taken, and forgets it with its body when it was', async () => {
    await engine.webhooks.postpone('w2', 70);
    expect(await engine.webhooks.nextDueAt()).toBe(20);
    await engine.webhooks.remove('w1');
    expect([await engine.webhooks.nextDueAt(), await engine.webhooks.body('w1')]).toEqual([70, null]);
  });

  it('outlives the thread', async () => {
    await engine.decide((unit) => unit.removeRows());
    expect(await dueAt(20)).toEqual(['w2', 'w1']);
  });
});
