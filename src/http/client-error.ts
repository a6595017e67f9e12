import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody } from './error-body.js';
import { NO_SNIFFING } from './response-headers.js';

/** What Node found wrong with a connection, by its code; anything else is no HTTP. */
const ANSWERS: ReadonlyMap<string, readonly [status: number, sentence: string]> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not come in time (REQUEST_TIMEOUT_MS)']],
  ['HPE_HEADER_OVERFLOW', [431, 'The headers are too large']],
]);

/** Answers a connection on which no request could be read, in the form of every other error, and ends it. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, sentence] = ANSWERS.get(error.code ?? '') ?? [400, 'This is not HTTP'];
  const body = JSON.stringify(errorBody(status, sentence));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...NO_SNIFFING,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // Not into the middle of an answer, such as a stream.
  const { _httpMessage: answering } = socket as Socket & { _httpMessage?: ServerResponse };
  if (socket.writable && !answering?.headersSent)
    socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.destroy(error);
}
