import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Follows the connections on which nothing was asked yet, such as those that a browser opens ahead of need.
 * `server.close()` counts them as busy and would wait for them.
 * @returns destroys them, and from then on every new one
 */
export function unusedConnections(server: Server): () => void {
  const unused = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) return void socket.destroy();
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }) => void unused.delete(socket));
  return () => {
    closing = true;
    for (const socket of unused) socket.destroy();
  };
}
