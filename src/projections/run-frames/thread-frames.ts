import { CHANNELS } from '../../protocol/channel.js';
import { FRAME_CHANNEL, ROW_KIND } from '../../storage/log/event-draft.js';
import type { LogEvent } from '../../storage/log/log-event.js';
import type { FrameRow } from './frame-row.js';
import type { Frame } from './mode-projection.js';
import { endOf } from './run-end.js';
import type { RunFrames } from './run-frames.js';

/**
 * What a stream of a thread shows: `run_modes` every run as its own stream shows it, `lifecycle` where runs stand,
 * `state_update` the states of the root that appear, also outside of a run.
 */
export const THREAD_STREAM_MODES = ['run_modes', 'lifecycle', 'state_update'] as const;
export type ThreadStreamMode = (typeof THREAD_STREAM_MODES)[number];

/** A run of the thread as it is shown. */
export interface ShownRun {
  readonly frames: RunFrames;
  readonly attempt: number;
}

type RowOfThread = Pick<LogEvent, 'channel' | 'namespace' | 'kind' | 'runId'>;

const STATE_CHANNELS = ['values', 'checkpoints'];

/**
 * The frames of all runs of a thread, made from its rows in seq order. What runs were asked for is not in the log, so
 * whoever follows it tells of each run before its first row.
 */
export class ThreadFrames {
  /** Channels whose rows matter, as JSON text. */
  readonly channelsJson: string;
  readonly showsRuns: boolean;
  private readonly showsLifecycle: boolean;
  private readonly showsStates: boolean;
  /** Runs that were told of and have not ended. */
  private readonly runs = new Map<string, ShownRun & { isBegun: boolean }>();

  constructor(modes: readonly ThreadStreamMode[]) {
    this.showsRuns = modes.includes('run_modes');
    this.showsLifecycle = modes.includes('lifecycle');
    this.showsStates = modes.includes('state_update');
    this.channelsJson = JSON.stringify(
      this.showsRuns
        ? [...CHANNELS, FRAME_CHANNEL]
        : [...(this.showsLifecycle ? ['lifecycle'] : []), ...(this.showsStates ? STATE_CHANNELS : [])],
    );
  }

  /** Whether a row may make a frame, given the runs that were told of. */
  wants(event: RowOfThread): boolean {
    if (event.kind === ROW_KIND.session) return false;
    if (isRootLifecycle(event)) return this.showsLifecycle || this.showsRuns;
    if (this.showsStates && isState(event)) return true;
    return event.runId !== null && (this.runs.get(event.runId)?.frames.wants(event.channel) ?? false);
  }

  /** The same for rows that are read before the runs among them are told of. */
  mayWant(event: RowOfThread): boolean {
    const isOfNewRun = this.showsRuns && event.runId !== null && !this.runs.has(event.runId);
    return this.wants(event) || (isOfNewRun && event.kind !== ROW_KIND.session);
  }

  /** Whether a row is of a run that has to be told of before it: only what stands at a run's start or end is. */
  isOfUntold(event: RowOfThread): boolean {
    return this.showsRuns && isRootLifecycle(event) && event.runId !== null && !this.runs.has(event.runId);
  }

  /** @param isBegun the reader comes in the middle of the run, behind its start */
  tell(runId: string, run: ShownRun, isBegun = false): void {
    this.runs.set(runId, { ...run, isBegun });
  }

  /** The frames of a row, in the order in which they are sent. */
  project(row: FrameRow, runId: string | null): Frame[] {
    const made = runId === null ? [] : this.framesOfRun(row, runId);
    const isOfRoot = row.isOfRoot && row.channel === row.method;
    if (this.showsLifecycle && isOfRoot && row.method === 'lifecycle') {
      made.push({ event: 'lifecycle', data: JSON.stringify({ run_id: runId, ...row.fields }) });
    }
    if (this.showsStates && isOfRoot && STATE_CHANNELS.includes(row.method)) {
      const state = { event: row.method, data: row.dataText };
      // A run that streams its values has told it.
      if (!made.some(({ event, data }) => event === state.event && data === state.data)) made.push(state);
    }
    const isEnd = this.showsRuns && runId !== null && this.ended(row, runId);
    return isEnd ? [...made, metadata({ status: 'run_done', run_id: runId })] : made;
  }

  /** A row whose frames the reader has. */
  skip(row: FrameRow, runId: string | null): void {
    const run = runId === null ? undefined : this.runs.get(runId);
    if (!run || runId === null) return;
    run.isBegun = true;
    run.frames.skip(row);
    this.ended(row, runId);
  }

  private framesOfRun(row: FrameRow, runId: string): Frame[] {
    const run = this.runs.get(runId);
    if (!run) return [];
    const start = run.isBegun ? [] : [metadata({ run_id: runId, attempt: run.attempt })];
    run.isBegun = true;
    return [...start, ...run.frames.project(row)];
  }

  /** Forgets a run that ends with this row. */
  private ended(row: FrameRow, runId: string): boolean {
    return endOf(row) !== null && this.runs.delete(runId);
  }
}

function isRootLifecycle({ channel, namespace }: RowOfThread): boolean {
  return channel === 'lifecycle' && namespace === '[]';
}

function isState({ channel, namespace }: RowOfThread): boolean {
  return namespace === '[]' && STATE_CHANNELS.includes(channel);
}

function metadata(data: object): Frame {
  return { event: 'metadata', data: JSON.stringify(data) };
}
