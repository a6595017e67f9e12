import { Body, Controller, Headers, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiExcludeEndpoint, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { callerOf, type CallerCarrier } from '../../auth/caller.js';
import { Settings } from '../../config/settings.js';
import { ThreadId } from '../../threads/thread-id.pipe.js';
import { compileFilter } from './event-stream-filter.js';
import { EventStreamRequest } from './event-stream-request.dto.js';
import { EventStreamService } from './event-stream.service.js';
import { deliver } from '../../delivery/deliver.js';
import { namespaceView } from './namespace-view.js';
import { OpenStreams } from '../../delivery/open-streams.js';
import { openSseResponse } from '../../delivery/sse-response.js';
import { StreamAdmission } from './stream-admission.js';
import { givenCursor } from './stream-cursor.js';

@ApiTags('Event Streaming')
@Controller('threads/:thread_id')
export class EventStreamController {
  constructor(
    private readonly streams: EventStreamService,
    private readonly openStreams: OpenStreams,
    private readonly admission: StreamAdmission,
    private readonly settings: Settings,
  ) {}

  /** Opens a stream; it never ends because a run ended (docs/event-stream.md). */
  @Post('stream/events')
  @HttpCode(200)
  @ApiOperation({
    operationId: 'stream_thread_events_threads__thread_id__stream_events_post',
    summary: 'Stream Thread Events',
    description:
      "Open a channel-filtered SSE stream of the thread's events, of every run on it; the thread need not exist yet. " +
      'The data of a frame is a protocol event envelope, its id the seq that a client gives back as since (or as ' +
      'Last-Event-ID) to resume. No database connection is held while the stream is open.',
  })
  @ApiParam({ name: 'thread_id', required: true, schema: { type: 'string', title: 'Thread Id' } })
  @ApiBody({ type: EventStreamRequest, required: true })
  @ApiResponse({
    status: 200,
    description: 'SSE stream of protocol event envelopes',
    content: { 'text/event-stream': {} },
  })
  @ApiResponse({ status: 400, description: 'Invalid request (unsupported channels, malformed command)' })
  @ApiResponse({ status: 404, description: 'Thread owned by another user' })
  @ApiResponse({
    status: 422,
    description: 'Validation Error',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/HTTPValidationError' } } },
  })
  @ApiResponse({ status: 503, description: 'v2 disabled by flag, or runtime too old for native v3 events' })
  async open(
    @ThreadId() threadId: string,
    @Body() body: EventStreamRequest,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest & CallerCarrier,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const caller = callerOf(request);
    await this.admission.assert(threadId, caller);
    const filter = compileFilter(body);
    const start = await this.streams.start(threadId, filter, givenCursor(body, lastEventId));

    const headers = {
      'cache-control': 'no-cache, no-transform',
      'threadlog-oldest-seq': String(start.removed.oldestSeq),
      ...(start.missedEvents > 0 ? { 'threadlog-missed': 'true' } : {}),
    };
    const sink = openSseResponse(reply, headers, this.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    if (sink.closed) return;
    const refuse = (): void => sink.cut();
    sink.onClose(this.openStreams.add(this.admission.guardedBeat(sink, threadId, caller, refuse)));
    const source = this.streams.source(threadId, filter, namespaceView(request.headers), start);
    void deliver({
      source: this.admission.guard(source, threadId, caller, refuse),
      sink,
      cursor: start.cursor,
      ids: { threadId, streamId: String(request.id) },
      // The client reconnects and gets an answer that says what is missing, if anything is.
      cut: () => sink.cut(),
    });
  }

  /** The path that the protocol's text names; the clients use the other one. */
  @Post('stream')
  @HttpCode(200)
  @ApiExcludeEndpoint()
  openByShortPath(
    @ThreadId() threadId: string,
    @Body() body: EventStreamRequest,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest & CallerCarrier,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.open(threadId, body, lastEventId, request, reply);
  }
}
