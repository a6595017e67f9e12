import { useMessages, useStream } from '@langchain/react';
import { createRoot } from 'react-dom/client';

const query = new URLSearchParams(location.search);

interface State {
  messages: unknown[];
}

/** What LangChain's human-in-the-loop middleware asks. */
interface Question {
  actionRequests: { name: string }[];
}

type Stream = ReturnType<typeof useStream<State>>;
type Subagent = Stream['subagents'] extends ReadonlyMap<string, infer T> ? T : never;

/** How many texts each message had so far; a message that streams has many. */
const steps = new Map<string, Set<string>>();

function stepsOf(id: string | undefined, text: string): number {
  const seen = steps.get(id ?? '') ?? new Set();
  steps.set(id ?? '', seen.add(text));
  return seen.size;
}

function SubagentCard({ stream, subagent }: { stream: Stream; subagent: Subagent }) {
  const messages = useMessages(stream, subagent);
  return (
    <section className="subagent" data-status={subagent.status}>
      <h2>{`${subagent.name}: ${subagent.taskInput}`}</h2>
      {messages.map((message, index) => <p key={index} className="inside">{`${message.type}: ${message.text}`}</p>)}
    </section>
  );
}

/** An agent with its tools, its subagents and its questions, as an application would show them. */
function Agent() {
  const stream = useStream<State>({
    apiUrl: query.get('server') ?? '',
    assistantId: query.get('assistant') ?? '',
    threadId: query.get('thread'),
  });
  const say = (): void => void stream.submit({ messages: [{ type: 'human', content: query.get('say') ?? '' }] });
  const decide = (interruptId: string, decision: object): void =>
    void stream.respond({ decisions: [decision] }, { interruptId });
  return (
    <div>
      <button id="say" onClick={say}>
        Say
      </button>
      <p id="loading">{String(stream.isLoading)}</p>
      <p id="error">{stream.error instanceof Error ? stream.error.message : ''}</p>
      {stream.messages.map((message, index) => (
        <p key={index} className="message" data-type={message.type} data-steps={stepsOf(message.id, message.text)}>
          {message.text}
        </p>
      ))}
      {stream.toolCalls.map((call) => (
        <p key={call.id} className="tool">{`${call.name}: ${call.status}`}</p>
      ))}
      {[...stream.subagents.values()].map((subagent) => (
        <SubagentCard key={subagent.id} stream={stream} subagent={subagent} />
      ))}
      {stream.interrupts.map(({ id, value }) => (
        <div key={id} className="interrupt">
          <p className="question">{(value as Question).actionRequests.map(({ name }) => name).join()}</p>
          <button className="approve" onClick={() => decide(id as string, { type: 'approve' })}>
            Approve
          </button>
          <button className="reject" onClick={() => decide(id as string, { type: 'reject', message: 'Not today' })}>
            Reject
          </button>
        </div>
      ))}
    </div>
  );
}

createRoot(document.body.appendChild(document.createElement('main'))).render(<Agent />);
