import { useStream } from '@langchain/langgraph-sdk/react';
import { createRoot } from 'react-dom/client';

const query = new URLSearchParams(location.search);

interface State extends Record<string, unknown> {
  messages: { id?: string; type: string; content: unknown }[];
  delayMs?: number;
}

interface Question {
  readonly question: string;
}

/** A chat on the hook that came before the protocol's streams, as Agent Chat UI and others still use it. */
function Chat() {
  const stream = useStream<State, { InterruptType: Question }>({
    apiUrl: query.get('server') ?? '',
    assistantId: query.get('assistant') ?? '',
    threadId: query.get('thread'),
    messagesKey: 'messages',
    reconnectOnMount: true,
    fetchStateHistory: true,
    onThreadId: (threadId) => history.replaceState(null, '', `?${withThread(threadId)}`),
  });
  const submit = (content: string): void =>
    stream.submit(
      { messages: [{ type: 'human', content }], delayMs: Number(query.get('delayMs') ?? 0) } as Partial<State>,
      { streamMode: ['values', 'messages-tuple', 'custom'], streamSubgraphs: true, streamResumable: true },
    ) as unknown as void;
  return (
    <div>
      <button id="say" onClick={() => submit('How is it in Oslo?')}>
        Say
      </button>
      <button id="stop" onClick={() => void stream.stop()}>
        Stop
      </button>
      <p id="loading">{String(stream.isLoading)}</p>
      <p id="error">
        {stream.error instanceof Error ? stream.error.message : JSON.stringify(stream.error ?? '').replaceAll('"', '')}
      </p>
      {stream.messages.map((message, index) => (
        <p key={message.id ?? index} className="message" data-type={message.type}>
          {message.content as string}
        </p>
      ))}
      {[stream.interrupt ?? []].flat().map(({ id, value }) => (
        <button
          key={id}
          className="interrupt"
          onClick={() => void stream.submit(undefined, { command: { resume: { [id as string]: 'approve' } } })}
        >
          {value?.question}
        </button>
      ))}
    </div>
  );
}

function withThread(threadId: string): string {
  query.set('thread', threadId);
  return query.toString();
}

createRoot(document.body.appendChild(document.createElement('main'))).render(<Chat />);
