import { useStream } from '@langchain/react';
import { createRoot } from 'react-dom/client';

const query = new URLSearchParams(location.search);

interface State {
  messages: unknown[];
  delayMs?: number;
}

/** A chat as an application would write it; the thread stands in the address, so that a reload comes back to it. */
function Chat() {
  const stream = useStream<State>({
    apiUrl: query.get('server') ?? '',
    assistantId: query.get('assistant') ?? '',
    threadId: query.get('thread'),
  });
  const delayMs = Number(query.get('delayMs') ?? 0);
  const say = (): void => void stream.submit({ messages: [{ type: 'human', content: 'How is it in Oslo?' }], delayMs });
  return (
    <div>
      <button id="say" onClick={say}>
        Say
      </button>
      <p id="loading">{String(stream.isLoading)}</p>
      <p id="error">{stream.error instanceof Error ? stream.error.message : ''}</p>
      {stream.messages.map((message, index) => (
        <p key={index} className="message" data-type={message.type}>
          {message.text}
        </p>
      ))}
      {stream.toolCalls.map((call) => (
        <p key={call.id} className="tool">
          {call.name}
        </p>
      ))}
      {stream.interrupts.map((interrupt) => (
        <button
          key={interrupt.id}
          className="interrupt"
          onClick={() => void stream.respond('approve', { interruptId: interrupt.id as string })}
        >
          {JSON.stringify(interrupt.value)}
        </button>
      ))}
    </div>
  );
}

createRoot(document.body.appendChild(document.createElement('main'))).render(<Chat />);
