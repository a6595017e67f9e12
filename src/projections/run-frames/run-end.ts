import type { FrameRow } from './frame-row.js';

/** How the log says that a run has ended; `error` names the class of what a run failed of, and says why. */
export interface RunEndRow {
  readonly error?: { readonly error: string; readonly message: string };
}

const TERMINALS: ReadonlySet<unknown> = new Set(['completed', 'failed', 'interrupted']);

/** The end that a row of the run tells, or null: only the root's terminal does. */
export function endOf(row: FrameRow): RunEndRow | null {
  if (row.method !== 'lifecycle' || !row.isOfRoot || !TERMINALS.has(row.fields.event)) return null;
  const { event, error, error_type: type } = row.fields;
  if (event !== 'failed') return {};
  return {
    error: {
      error: typeof type === 'string' ? type : 'Error',
      message: typeof error === 'string' ? error : 'The run failed.',
    },
  };
}
