import type { CaseScope } from './case-scope.js';
import type { ConformanceCase, Rule } from './conformance-case.js';
import type { EventSocket } from './event-socket.js';
import { ALL_CHANNELS } from './protocol-event.js';
import type { ThreadClient } from './thread-client.js';

/** A case that is played on an open socket of a new thread. */
export const onSocket = (
  name: string,
  says: string,
  rule: Rule,
  run: (socket: EventSocket, thread: ThreadClient, scope: CaseScope) => Promise<void>,
): ConformanceCase => ({
  id: `websocket/${name}`,
  says,
  rule,
  check: async (scope) => {
    const thread = scope.thread();
    await run(await thread.socket(), thread, scope);
  },
});

/** The params of a subscription to all channels. */
export const everything = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  channels: ALL_CHANNELS,
  ...more,
});
