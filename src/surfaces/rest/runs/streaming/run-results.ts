import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { deliver } from '../../../../delivery/deliver.js';
import type { FollowSink } from '../../../../delivery/follow.js';
import { OpenStreams } from '../../../../delivery/open-streams.js';
import { RenderingSink } from '../../../../delivery/rendering-sink.js';
import { FROM_START } from '../../../../projections/run-frames/frame-cursor.js';
import type { Run } from '../../../../storage/rows/run.js';
import { DisconnectWatch } from './disconnect-watch.js';
import { runHeaders } from './run-locations.js';
import { RunSources } from './run-sources.js';
import type { PlacedFrame } from './run-stream.js';

/** Who waits for a run: nothing goes to the client before its end, but that it is not forgotten. */
class Waiting implements FollowSink<Uint8Array> {
  isCut = false;

  constructor(private readonly response: ServerResponse) {}

  get closed(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  room(): number {
    return Number.MAX_SAFE_INTEGER;
  }

  write(): void {
    // What is read is kept, not sent.
  }

  drained(): Promise<void> {
    return nextTurn();
  }

  onClose(listener: () => void): () => void {
    this.response.once('close', listener);
    return () => void this.response.off('close', listener);
  }

  /** White space before a JSON text is none of it. */
  heartbeat(): void {
    if (!this.closed && this.response.writableLength === 0) this.response.write('\n');
  }

  cut(): void {
    this.isCut = true;
    this.response.destroy();
  }
}

/** What of a run's frames its result is made of. */
class LastValues {
  private values = '{}';
  private interrupts: unknown[] = [];
  private error: string | null = null;

  readonly note = (frames: readonly PlacedFrame[]): null => {
    for (const { event, data } of frames) {
      if (event === 'error') this.error = data;
      else if (data.startsWith('{"__interrupt__":')) {
        this.interrupts.push(...(JSON.parse(data) as { __interrupt__: unknown[] }).__interrupt__);
        this.isInterrupted = true;
      } else this.values = data;
    }
    return null;
  };
  private isInterrupted = false;

  json(): string {
    if (this.error !== null) return `{"__error__":${this.error}}`;
    if (!this.isInterrupted) return this.values;
    return JSON.stringify({ ...(JSON.parse(this.values) as object), __interrupt__: this.interrupts });
  }
}

/** Answers with what a run has come to, once it has ended. */
@Injectable()
export class RunResults {
  constructor(
    private readonly sources: RunSources,
    private readonly openStreams: OpenStreams,
    private readonly disconnects: DisconnectWatch,
  ) {}

  /** Answers 200 at once, and the final state when there is one: `{"__error__": {error, message}}` of a failed run. */
  async open(
    run: Run,
    { cancelsOnDisconnect, isTemporary }: { cancelsOnDisconnect: boolean; isTemporary?: boolean },
    reply: FastifyReply,
  ): Promise<void> {
    const { raw: response } = reply;
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) response.setHeader(name, value);
    reply.hijack();
    const headers = { ...runHeaders(run, isTemporary, 'join'), 'cache-control': 'no-store' };
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.flushHeaders();
    const waiting = new Waiting(response);
    const isLeft = cancelsOnDisconnect ? this.disconnects.cancelOnLeave(run, waiting) : () => undefined;
    if (waiting.closed) return;
    waiting.onClose(
      this.openStreams.add({
        heartbeat: () => waiting.heartbeat(),
        cut: () => {
          isLeft();
          waiting.cut();
        },
      }),
    );
    const result = new LastValues();
    const source = await this.sources.open(run, { modes: ['values'], subgraphs: false }, FROM_START, result.note);
    const sink = new RenderingSink(waiting);
    source.onNothingLeft(() => sink.finish());
    await deliver({
      source,
      sink,
      cursor: await source.beginning(),
      ids: { threadId: run.threadId, streamId: String(reply.request.id) },
      cut: () => {
        isLeft();
        waiting.cut();
      },
      onProgress: () => {
        if (source.isTold) sink.finish();
      },
    });
    isLeft();
    if (!waiting.closed && !waiting.isCut) response.end(result.json());
  }
}
