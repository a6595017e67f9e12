/** What a stream of a REST run can be asked for, in the order in which the frames of one row are sent. */
export const STREAM_MODES = [
  'updates', 'values', 'messages', 'messages-tuple', 'tools', 'custom', 'tasks', 'checkpoints', 'debug', 'events',
] as const;

export type StreamMode = (typeof STREAM_MODES)[number];

/** What a run is streamed as when nobody says. */
export const DEFAULT_STREAM_MODE: StreamMode = 'values';

/**
 * Modes that need rows which only a run that was asked for them has (`FrameMethod`): of others they show what the
 * events of the protocol tell.
 */
export const RECORDED_MODES = ['messages', 'messages-tuple', 'checkpoints', 'debug', 'events'] as const;

export type RecordedMode = (typeof RECORDED_MODES)[number];

/** The methods of rows of the kind `frame`. */
export const FRAME_METHOD = {
  /** `{mode, interrupts}`: the graph stopped with these, possibly none (a breakpoint). */
  interrupt: 'frame.interrupt',
  /** `{run_id, metadata, message?}`: of a model's answer, ahead of its first chunk, or a whole message. */
  message: 'frame.message',
  /** LangGraph's `debug` chunk. */
  debug: 'frame.debug',
  /** An event of `streamEvents` v2. */
  event: 'frame.event',
} as const;
