import type { FrameRow } from './frame-row.js';

/** A frame without its id; `data` is JSON text on one line. */
export interface Frame {
  readonly event: string;
  readonly data: string;
}

/** What a row says in one mode. */
export interface ModeFrame {
  /** The frame's event without its namespace. */
  readonly event: string;
  readonly data: string;
  /** Where it is from; that of the row unless given. */
  readonly namespace?: readonly string[];
}

/** One stream mode: log rows of one run, in seq order from its first, to frames. */
export interface ModeProjection {
  /** Channels whose rows it looks at. */
  readonly channels: readonly string[];
  /** What earlier rows said matters, so it has to see them even when their frames were sent. */
  readonly isStateful: boolean;
  /** Without subgraphs only the graph itself is shown; LangGraph shows the others wherever they come from. */
  readonly isOfGraphs: boolean;
  project(row: FrameRow): readonly ModeFrame[];
}

export const NOTHING: readonly ModeFrame[] = [];
