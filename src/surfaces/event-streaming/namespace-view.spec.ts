import { namespaceView } from './namespace-view.js';

describe('the view of a request', () => {
  it.each([
    ['the Python SDK', { 'user-agent': 'langgraph-sdk-py/0.4.14' }],
    [
      'its WebSocket, which only names the library that it is made with',
      { 'user-agent': 'Python/3.11 websockets/17.4' },
    ],
    ['a client that asks for it', { 'user-agent': 'node', 'threadlog-namespaces': 'graph' }],
  ])('is the namespace of the graph for %s', (_, headers) => {
    expect(namespaceView(headers)).toBe('graph');
  });

  it.each([
    ['a browser', { 'user-agent': 'Mozilla/5.0' }],
    ['a client without a name', {}],
    ['the Python SDK when it asks for it', { 'user-agent': 'langgraph-sdk-py/0.4.14', 'threadlog-namespaces': 'node' }],
    ['another program in Python', { 'user-agent': 'Python/3.11 aiohttp/3.9' }],
    ['a word that is no view', { 'threadlog-namespaces': 'tree' }],
  ])('is the namespace of the node for %s', (_, headers) => {
    expect(namespaceView(headers)).toBe('node');
  });
});
