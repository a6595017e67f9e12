import type { FrameRow } from './frame-row.js';
import { MessagesFrames, MessageTupleFrames } from './message-modes.js';
import type { Frame, ModeFrame, ModeProjection } from './mode-projection.js';
import {
  CheckpointsFrames, CustomFrames, DebugFrames, EventsFrames, TasksFrames, ToolsFrames,
} from './plain-modes.js';
import { endOf } from './run-end.js';
import { SpokenMessages } from './spoken-messages.js';
import { UpdatesFrames, ValuesFrames } from './state-modes.js';
import { STREAM_MODES, type StreamMode } from '../../protocol/stream-mode.js';

type Ids = Readonly<Record<string, unknown>>;

const PROJECTIONS: Readonly<Record<StreamMode, (ids: Ids) => ModeProjection>> = {
  values: () => new ValuesFrames(),
  updates: () => new UpdatesFrames(),
  messages: (ids) => new MessagesFrames(new SpokenMessages(ids)),
  'messages-tuple': (ids) => new MessageTupleFrames(new SpokenMessages(ids)),
  tools: () => new ToolsFrames(),
  custom: () => new CustomFrames(),
  tasks: () => new TasksFrames(),
  checkpoints: () => new CheckpointsFrames(),
  debug: () => new DebugFrames(),
  events: () => new EventsFrames(),
};

/** What a stream of a run shows. */
export interface FrameView {
  readonly modes: readonly StreamMode[];
  /** What subgraphs do is shown too, and events name where they are from: `<mode>|<segment>|<segment>`. */
  readonly subgraphs: boolean;
  /** Namespaces to show, with all below them; absent is all. */
  readonly namespaces?: readonly (readonly string[])[];
  /** Ids of the run, for the metadata of messages. */
  readonly ids: Ids;
}

/** The frames of one run, made from its rows in seq order from the first: the same rows give the same frames. */
export class RunFrames {
  /** Channels whose rows matter, as JSON text; the root's `lifecycle` tells the end. */
  readonly channelsJson: string;
  private readonly channels: ReadonlySet<string>;
  private readonly projections: readonly ModeProjection[];

  constructor(private readonly view: FrameView) {
    const modes = STREAM_MODES.filter((mode) => view.modes.includes(mode));
    this.projections = modes.map((mode) => PROJECTIONS[mode](view.ids));
    this.channels = new Set(['lifecycle', ...this.projections.flatMap(({ channels }) => channels)]);
    this.channelsJson = JSON.stringify([...this.channels]);
  }

  /** Whether rows of this channel can make a frame, or tell the end. */
  wants(channel: string): boolean {
    return this.channels.has(channel);
  }

  /** What earlier rows said matters to later frames. */
  get isStateful(): boolean {
    return this.projections.some(({ isStateful }) => isStateful);
  }

  /** The frames of a row, in the order in which they are sent. */
  project(row: FrameRow): Frame[] {
    const frames: Frame[] = [];
    for (const projection of this.projections) {
      for (const frame of projection.project(row)) {
        const namespace = frame.namespace ?? placeOf(projection, row);
        if (this.shows(projection, namespace)) frames.push(this.named(frame, namespace));
      }
    }
    const error = endOf(row)?.error;
    if (error) frames.push({ event: 'error', data: JSON.stringify(error) });
    return frames;
  }

  /** A row whose frames the reader has. */
  skip(row: FrameRow): void {
    for (const projection of this.projections) if (projection.isStateful) projection.project(row);
  }

  private shows({ origin }: ModeProjection, namespace: readonly string[]): boolean {
    const { subgraphs, namespaces } = this.view;
    if (!subgraphs && origin === 'graph' && namespace.length > 0) return false;
    return namespaces === undefined || namespaces.some((prefix) => prefix.every((part, n) => namespace[n] === part));
  }

  private named({ event, data }: ModeFrame, namespace: readonly string[]): Frame {
    if (!this.view.subgraphs || namespace.length === 0) return { event, data };
    // The names of nodes are the graph's: none may end the line.
    return { event: `${event}|${namespace.join('|')}`.replace(/[\r\n]/g, ' '), data };
  }
}

function placeOf({ origin }: ModeProjection, { namespace }: FrameRow): readonly string[] {
  return origin === 'node' ? namespace.slice(0, -1) : namespace;
}
