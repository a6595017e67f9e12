import { NodeNamespaces } from './node-namespaces.js';
import type { NormalisedEvent } from './normalise-event.js';

const lifecycle = (event: string, namespace: string[], graphName = namespace.at(-1)?.split(':')[0]): NormalisedEvent =>
  ({ method: 'lifecycle', namespace, data: { event, graph_name: graphName } });
const at = (method: string, namespace: string[]): NormalisedEvent => ({ method, namespace, data: {} });

/** What comes out, as `<event or method> <namespace>`, with `(node)` behind what is marked. */
function written(...events: NormalisedEvent[]): string[] {
  const namespaces = new NodeNamespaces();
  const out: NormalisedEvent[] = [];
  for (const event of events) namespaces.pass(event, (each) => out.push(each));
  namespaces.rest((each) => out.push(each));
  return out.map(({ method, data, namespace, name }) => {
    const what = (data as { event?: string }).event ?? method;
    return `${what} ${namespace.join('|')}${name === undefined ? '' : ` (${name})`}`;
  });
}

describe('the namespace of a node', () => {
  it('is marked from its beginning to its end', () => {
    const events = [
      lifecycle('started', ['agent:1']),
      at('messages', ['agent:1']),
      lifecycle('completed', ['agent:1']),
    ];
    expect(written(...events)).toEqual(['started agent:1 (node)', 'messages agent:1', 'completed agent:1 (node)']);
  });

  it('is marked when it lies in a graph that begins with it', () => {
    const events = [
      lifecycle('started', ['sub:1']),
      lifecycle('started', ['sub:1', 'agent:2']),
      at('tools', ['sub:1', 'agent:2']),
    ];
    expect(written(...events)).toEqual(['started sub:1', 'started sub:1|agent:2 (node)', 'tools sub:1|agent:2']);
  });

  it('is a graph once a graph runs in it', () => {
    const events = [
      lifecycle('started', ['agent:1']),
      at('messages', ['agent:1']),
      at('tasks', ['agent:1']),
      lifecycle('completed', ['agent:1']),
    ];
    expect(written(...events)).toEqual([
      'started agent:1 (node)',
      'messages agent:1',
      'tasks agent:1',
      'completed agent:1',
    ]);
  });
});

describe('the namespace of a graph', () => {
  it.each(['tasks', 'checkpoints', 'values'])('is not marked when it begins with %s', (method) => {
    const events = [
      lifecycle('started', ['sub:1']),
      at(method, ['sub:1']),
      at('messages', ['sub:1']),
      lifecycle('completed', ['sub:1']),
    ];
    expect(written(...events)).toEqual(['started sub:1', `${method} sub:1`, 'messages sub:1', 'completed sub:1']);
  });

  it('is not marked when it is a named subagent', () => {
    const events = [lifecycle('started', ['tools:1'], 'researcher'), at('tools', ['tools:1'])];
    expect(written(...events)).toEqual(['started tools:1', 'tools tools:1']);
  });

  it('is written though nothing follows its beginning', () => {
    expect(written(lifecycle('started', ['sub:1']))).toEqual(['started sub:1']);
  });
});
