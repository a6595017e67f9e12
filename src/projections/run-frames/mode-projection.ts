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

/**
 * Whose rows they are. Without subgraphs what other graphs than the root say of themselves is not shown; what nodes and
 * writers say is, wherever they are. Rows of a node carry its own namespace, and are shown at its graph: RemoteGraph
 * hands on what comes from the root alone.
 */
export type Origin = 'graph' | 'node' | 'writer';

/** One stream mode: log rows of one run, in seq order from its first, to frames. */
export interface ModeProjection {
  /** Channels whose rows it looks at. */
  readonly channels: readonly string[];
  /** What earlier rows said matters, so it has to see them even when their frames were sent. */
  readonly isStateful: boolean;
  readonly origin: Origin;
  project(row: FrameRow): readonly ModeFrame[];
}

export const NOTHING: readonly ModeFrame[] = [];
