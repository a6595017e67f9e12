import { once } from 'node:events';
import { connect } from 'node:net';
import { TestServer } from './support/running-server.js';

describe('the end of a server', () => {
  it('does not wait for a connection on which a client never sent anything', async () => {
    const server = await TestServer.start();
    const unused = connect(Number(new URL(server.url).port), '127.0.0.1');
    unused.on('error', () => undefined);
    await once(unused, 'connect');
    // Connections are accepted in order: once this one has its answer, the server holds the other one too.
    expect((await fetch(`${server.url}/ok`)).status).toBe(200);
    const closed = once(unused, 'close');
    await server.close();
    await closed;
  });
});
