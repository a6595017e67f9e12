import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useThreadStream } from '../../../clients/use-thread-stream.js';

const query = new URLSearchParams(location.search);
const threadIds = query.get('threadIds')?.split(',');

/** Shows an execution as the hook gives it: how it is connected, and every event. */
function ThreadMonitor({ executionId }: { executionId: string }) {
  const { events, connected } = useThreadStream(executionId, { threadIds, baseUrl: query.get('server') ?? '' });
  return (
    <div>
      <p id="status">{connected ? 'Connected' : 'Disconnected'}</p>
      {events.map((event, index) => (
        <div key={index} className="event" data-type={event.data.event_type} data-thread={event.threadId}>
          {JSON.stringify(event)}
        </div>
      ))}
    </div>
  );
}

createRoot(document.body.appendChild(document.createElement('main'))).render(
  <StrictMode><ThreadMonitor executionId={query.get('execution') ?? ''} /></StrictMode>,
);
