import type { FastifyReply } from 'fastify';
import { SseSink } from './sse-sink.js';

/**
 * Takes the response over from the framework, which would end it, and sends its headers at once: a client may wait for
 * them before it does anything else. Headers that were set before (CORS) stay.
 * @param limit bytes that may wait in the response (MAX_SUBSCRIBER_BUFFER_BYTES)
 */
export function openSseResponse(reply: FastifyReply, headers: Record<string, string>, limit: number): SseSink {
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', ...headers });
  reply.raw.flushHeaders();
  return new SseSink(reply.raw, limit);
}
