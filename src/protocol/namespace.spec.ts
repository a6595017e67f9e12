import { isPrefixOf, namespaceText } from './namespace.js';

describe('isPrefixOf', () => {
  it.each([
    [[], []],
    [[], ['a:1']],
    [['a'], ['a:1']],
    [['a'], ['a']],
    [['a:1'], ['a:1', 'b:2']],
    [['a', 'b:2'], ['a:1', 'b:2', 'c:3']],
    [['a:1:2'], ['a:1:2']],
  ])('%j holds %j', (prefix, namespace) => {
    expect(isPrefixOf(prefix, namespace)).toBe(true);
  });

  it.each([
    [['a'], []],
    [['a'], ['ab:1']],
    [['a:1'], ['a:2']],
    [['a:1'], ['a']],
    [['a:'], ['a:1']],
    [['a:1'], ['a:1:2']],
    [['b'], ['a:1', 'b:2']],
    [['a', 'b', 'c'], ['a:1', 'b:2']],
    [[''], ['a:1']],
  ])('%j does not hold %j', (prefix, namespace) => {
    expect(isPrefixOf(prefix, namespace)).toBe(false);
  });
});

describe('namespaceText', () => {
  it.each([[[]], [['a:1']], [['a:1', 'with "quotes"\n', '\u0000', '']]])(
    'is the JSON text of %j',
    (namespace: string[]) => {
      expect(namespaceText(namespace)).toBe(JSON.stringify(namespace));
    },
  );
});
