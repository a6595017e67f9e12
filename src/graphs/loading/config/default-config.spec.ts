import { readDefaultConfigs, withDefaults } from './default-config.js';

const read = (value: unknown): ReturnType<typeof readDefaultConfigs> =>
  readDefaultConfigs('/p/langgraph.json', typeof value === 'string' ? value : JSON.stringify(value), [
    'agent',
    'other',
  ]);

describe('readDefaultConfigs', () => {
  it('reads config and context by graph, and nothing from an empty variable', () => {
    const value = {
      agent: {
        configurable: { model: 'small' },
        recursion_limit: 7,
        tags: ['x'],
        metadata: { a: 1 },
        context: { user: 'u' },
      },
    };
    const { context, ...config } = value.agent;
    expect([...read(value)]).toEqual([['agent', { config, context }]]);
    expect([...readDefaultConfigs('/p', undefined, ['agent']), ...read(' ')]).toEqual([]);
  });

  it.each([
    ['{', 'is not valid JSON'],
    ['[]', 'must be an object with a graph id for each key'],
    [{ third: {} }, 'names graph "third"; there are "agent", "other"'],
    [{ agent: 1 }, 'must give graph "agent" an object of configurable, recursion_limit, tags, metadata, context'],
    [{ agent: { recursion_limit: 'many' } }, 'must give graph "agent"'],
    [{ agent: { colour: 1 } }, 'Unrecognized key: "colour"'],
  ])('refuses %j and says what would be right', (value, reason) => {
    expect(() => read(value)).toThrow(/^\/p\/langgraph\.json: the variable LANGGRAPH_CONFIG /);
    expect(() => read(value)).toThrow(reason);
  });
});

describe('withDefaults', () => {
  const defaults = {
    config: { configurable: { model: 'small', tone: 'dry' }, tags: ['default'], recursion_limit: 7 },
    context: { user: 'u' },
  };

  it('lets a run win, key by key in configurable, as a whole elsewhere', () => {
    const own = { input: 1, config: { configurable: { model: 'large' }, tags: ['own'] }, context: { tenant: 't' } };
    expect(withDefaults(own, defaults)).toEqual({
      input: 1,
      config: { configurable: { model: 'large', tone: 'dry' }, tags: ['own'], recursion_limit: 7 },
      context: { tenant: 't' },
    });
  });

  it('gives all of them to a run that says nothing, and nothing to a graph that has none', () => {
    expect(withDefaults({ config: {} }, defaults)).toEqual({ config: defaults.config, context: defaults.context });
    const own = { config: { tags: ['own'] } };
    expect(withDefaults(own, undefined)).toBe(own);
  });
});
