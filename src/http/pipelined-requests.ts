import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How many requests of a connection wait for their turn. */
const waiting = new WeakMap<Socket, number>();

/**
 * Lets a request that came on a connection behind others wait until they are answered and their answers have left the
 * process. A client may send hundreds of requests without reading (RFC 9112, 9.3.2); carried out at once, each answer
 * would wait in memory for the one before. While a request waits nothing more is read from its connection.
 * @param proceed called when it is its turn, in this tick when nothing is before it; never if the connection closes
 */
export function inTurn({ socket }: IncomingMessage, response: ServerResponse, proceed: () => void): void {
  // Node gives a response its socket when those before it have finished.
  if (response.socket !== null) return proceed();
  const before = waiting.get(socket) ?? 0;
  waiting.set(socket, before + 1);
  // Node itself reads on whenever a request has been answered or its body is wanted.
  if (before === 0) socket.on('resume', pause).pause();
  response.once('socket', () => {
    const left = (waiting.get(socket) ?? 1) - 1;
    waiting.set(socket, left);
    if (left === 0) socket.off('resume', pause).resume();
    proceed();
  });
}

function pause(this: Socket): void {
  this.pause();
}
