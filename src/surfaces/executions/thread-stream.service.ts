import { BadRequestException, Injectable } from '@nestjs/common';
import { deliver } from '../../delivery/deliver.js';
import { OpenStreams } from '../../delivery/open-streams.js';
import { RenderingSink } from '../../delivery/rendering-sink.js';
import type { SseSink } from '../../delivery/sse-sink.js';
import { Settings } from '../../config/settings.js';
import { EventLog } from '../../event-log/event-log.js';
import { EventReader } from '../../storage/log/event-reader.js';
import { ThreadSubjects } from '../../event-log/thread-subjects.js';
import type { Run } from '../../storage/rows/run.js';
import { executionId } from './execution.js';
import { type LogAccess, ThreadStream } from './thread-stream.js';

/** Where a stream starts. */
export interface ThreadStreamStart {
  /** It gets what is above this seq. */
  readonly after: number;
  /** The cursor cannot be honoured: events between it and the first that is sent are gone, or it is of another past. */
  readonly missed: boolean;
}

/** Streams executions, each reader at its own pace. */
@Injectable()
export class ThreadStreamService implements LogAccess {
  constructor(
    readonly log: EventLog,
    readonly reader: EventReader,
    readonly subjects: ThreadSubjects,
    readonly settings: Settings,
    private readonly openStreams: OpenStreams,
  ) {}

  /**
   * Without a cursor only what happens from now on; `0` asks for everything. A cursor that cannot be honoured gets all
   * that is kept, and the sign of loss.
   * @throws BadRequestException for a cursor that is no seq
   */
  start({ threadId, firstSeq }: Run, cursor: string | null): ThreadStreamStart {
    const lastSeq = this.log.lastSeq(threadId);
    if (cursor === null) return { after: lastSeq, missed: false };
    if (!/^\d{1,15}$/.test(cursor)) throw new BadRequestException('lastEventId must be the id of an event, or 0');
    const after = Number(cursor);
    const { oldestSeq = 0, compactedThroughSeq = 0 } = this.log.head(threadId) ?? {};
    const isGone =
      after === 0 ? firstSeq !== null && firstSeq < oldestSeq : after < Math.max(oldestSeq - 1, compactedThroughSeq);
    return isGone || after > lastSeq ? { after: 0, missed: true } : { after, missed: false };
  }

  /** Says `connected`, then sends what the reader has not seen, until it goes. */
  async send(
    sink: SseSink,
    run: Run,
    start: ThreadStreamStart,
    threadIds: readonly string[] | null,
    streamId: string,
  ): Promise<void> {
    if (sink.closed) return;
    sink.onClose(this.openStreams.add(sink, this.settings.EXECUTION_HEARTBEAT_INTERVAL_MS));
    const connected = { executionId: executionId(run.runId), threadIds, ...(start.missed ? { missed: true } : {}) };
    sink.write(Buffer.from(`event: connected\ndata: ${JSON.stringify(connected)}\n\n`));
    const stream = new ThreadStream({ run, after: start.after, threadIds }, this);
    const cursor = await stream.beginning();
    if (sink.closed) return;
    void deliver({
      source: stream, sink: new RenderingSink(sink), cursor, cut: () => sink.cut(),
      ids: { threadId: run.threadId, streamId },
    });
  }
}
