import { z } from 'zod';
import { DEFAULT_STREAM_MODE, STREAM_MODES, type StreamMode } from '../../../protocol/stream-mode.js';
import { requestOf, runFields } from '../../../runs/requests/run-fields.js';

/** Ten years: a delay beyond it is a mistake in the unit. */
const MAX_DELAY_SECONDS = 315_360_000;

/** Modes of other servers that tell nothing of a run that is not told anyway; they may be asked for. */
const IGNORED_MODES = ['lifecycle'] as const;

const MODE_RULE = `must be one of ${STREAM_MODES.join(', ')}, or a list of these`;
const mode = z.enum([...STREAM_MODES, ...IGNORED_MODES], MODE_RULE);
const flag = z.boolean('must be true or false').nullish();
const either = <const T extends string>(a: T, b: T) => z.enum([a, b], `must be ${a} or ${b}`).nullish();

/** `stream_mode` in all its forms: one, a list, or nothing. */
export const streamModeField = z.union([mode, z.array(mode)], MODE_RULE).nullish();

/** What a run over REST may have beside what every run may have. */
const restFields = {
  ...runFields,
  stream_mode: streamModeField,
  stream_subgraphs: flag,
  /** Every stream is. */
  stream_resumable: flag,
  on_disconnect: either('cancel', 'continue'),
  after_seconds: z
    .number('must be a number of seconds')
    .min(0, 'must be 0 or more')
    .max(MAX_DELAY_SECONDS, `must be at most ${MAX_DELAY_SECONDS}`)
    .nullish(),
};

/** The same as they were read. */
export type RestRunFields = z.infer<z.ZodObject<typeof restFields>>;

/** Body of a run on a thread. */
export const createRunRequest = requestOf({
  ...restFields,
  if_not_exists: either('reject', 'create'),
});

/** Body of a run without a thread. */
export const statelessRunRequest = requestOf({
  ...restFields,
  on_completion: either('delete', 'keep'),
});

/** A run without a thread as it was read. */
export type StatelessRunFields = z.infer<(typeof statelessRunRequest)['described']>;

/** The modes that are asked for, each once; `values` unless something is. */
export function streamModes(given: z.infer<typeof streamModeField>): StreamMode[] {
  const list = given === null || given === undefined ? [] : Array.isArray(given) ? given : [given];
  const known = STREAM_MODES.filter((name) => list.includes(name));
  return list.length === 0 ? [DEFAULT_STREAM_MODE] : known;
}
