import { ProtocolError } from '../../protocol/protocol-error.js';
import type { CommandHandler } from './command.js';

/** The commands that change what a WebSocket gets. */
export const SOCKET_ONLY_METHODS = [
  'subscription.subscribe',
  'subscription.unsubscribe',
  'subscription.reconnect',
] as const;

/** Over HTTP there is nothing to change: each stream has the filter it was opened with. */
export const SOCKET_ONLY_HANDLERS: readonly CommandHandler[] = SOCKET_ONLY_METHODS.map((method) => ({
  method,
  handle: () =>
    Promise.reject(
      new ProtocolError(
        'not_supported',
        `${method} needs the WebSocket at GET /threads/{thread_id}/stream/events; over HTTP open another ` +
          'POST /threads/{thread_id}/stream/events with the filter you want, and since to resume.',
      ),
    ),
}));
