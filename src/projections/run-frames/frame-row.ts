import { fieldsOf } from '../../protocol/fields-of.js';
import type { EventBatch } from '../../event-log/event-batch.js';
import { ROW_KIND } from '../../storage/log/event-draft.js';
import type { LogEvent } from '../../storage/log/log-event.js';

interface Params {
  readonly node?: string;
  readonly timestamp: number;
}

const DATA = '"data":';
/** What closes an envelope behind its data. */
const CLOSING = '}}';

/**
 * A row of the log as the frames of a run are made from it. Most frames carry the data as it is stored, so nothing of a
 * row is parsed before somebody looks at it.
 */
export class FrameRow {
  readonly seq: number;
  readonly channel: string;
  readonly method: string;
  /** JSON text of the namespace. */
  readonly namespaceText: string;
  private readonly envelope: string;
  private readonly dataStart: number;
  private parsedData: unknown;
  private isParsed = false;
  private parsedParams: Params | null = null;
  private segments: readonly string[] | null = null;

  constructor({ seq, channel, method, namespace, envelope }: LogEvent) {
    this.seq = seq;
    this.channel = channel;
    this.method = method;
    this.namespaceText = namespace;
    this.envelope = envelope;
    // The first one is the key: within a text that stands before it, quotes are escaped.
    this.dataStart = envelope.indexOf(DATA) + DATA.length;
  }

  get isOfRoot(): boolean {
    return this.namespaceText === '[]';
  }

  get namespace(): readonly string[] {
    return (this.segments ??= this.isOfRoot ? [] : (JSON.parse(this.namespaceText) as string[]));
  }

  get node(): string | null {
    return this.params.node ?? null;
  }

  /** Epoch ms. */
  get timestamp(): number {
    return this.params.timestamp;
  }

  /** The data as it is stored, on one line. */
  get dataText(): string {
    return this.envelope.slice(this.dataStart, -CLOSING.length);
  }

  get data(): unknown {
    if (!this.isParsed) this.parsedData = JSON.parse(this.dataText) as unknown;
    this.isParsed = true;
    return this.parsedData;
  }

  /** The data as an object; anything else has no fields. */
  get fields(): Record<string, unknown> {
    return fieldsOf(this.data);
  }

  private get params(): Params {
    this.parsedParams ??= (
      JSON.parse(`${this.envelope.slice(0, this.dataStart)}0${CLOSING}`) as { params: Params }
    ).params;
    return this.parsedParams;
  }
}

/** Whether a row may tell something of this run. */
export function isOfRun(runId: string, event: LogEvent): boolean {
  return event.runId === runId && event.kind !== ROW_KIND.session;
}

/** The rows of a committed batch; each is made once, however many readers there are. */
export function rowsOf(batch: EventBatch): readonly FrameRow[] {
  return batch.once('frame rows', (events) => events.map((event) => new FrameRow(event)));
}

/** The rows of a committed batch that are of this run; each is made once, however many readers there are. */
export function rowsOfRun(batch: EventBatch, runId: string): FrameRow[] {
  return rowsOf(batch).filter((_, index) => isOfRun(runId, batch.events[index] as LogEvent));
}
