import type { ProtocolEvent, StreamEmitter, StreamTransformer } from '@langchain/langgraph';

/** The start of a task that works for one tool call: what `Send('tools', { tool_call })` leads to. */
interface ToolTaskStart {
  id: string;
  name: string;
  input: { tool_call: { id: string; args: { subagent_type?: string } } };
}

/**
 * Names each subagent in the event stream: the `started` event of its namespace says which tool call caused it, and
 * all its lifecycle events carry its name. LangGraph alone would open the namespace on the event of the tool, before
 * it knows whose it is.
 */
export function nameSubagents(): StreamTransformer<Record<string, never>> {
  const names = new Map<string, string>();
  let emitter: StreamEmitter | undefined;

  function announce(parent: string[], { id, name, input }: ToolTaskStart): void {
    const namespace = [...parent, `${name}:${id}`];
    names.set(namespace.join('|'), input.tool_call.args.subagent_type ?? name);
    const data = { event: 'started' as const, cause: { type: 'toolCall' as const, tool_call_id: input.tool_call.id } };
    const params = { namespace, timestamp: Date.now(), data };
    emitter?.push(namespace, { type: 'event', seq: 0, method: 'lifecycle', params });
  }

  return {
    init: () => ({}),
    onRegister: (registered) => {
      emitter = registered;
    },
    process(event: ProtocolEvent) {
      const { namespace, data } = event.params;
      if (event.method === 'tasks' && isToolTaskStart(data)) announce(namespace, data);
      const name = event.method === 'lifecycle' ? names.get(namespace.join('|')) : undefined;
      if (name !== undefined) (data as { graph_name?: string }).graph_name = name;
      return true;
    },
  };
}

function isToolTaskStart(data: unknown): data is ToolTaskStart {
  const { id, name, input } = data as Partial<ToolTaskStart>;
  return typeof id === 'string' && typeof name === 'string' && typeof input?.tool_call?.id === 'string';
}
