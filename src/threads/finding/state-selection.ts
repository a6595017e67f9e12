import type { ThreadState } from '../thread-state.js';

/** Fields of a state that a client may choose from. */
export const STATE_FIELDS = [
  'values', 'next', 'tasks', 'metadata', 'created_at', 'checkpoint', 'parent_checkpoint', 'interrupts',
  'checkpoint_id', 'parent_checkpoint_id',
];
const VALUES_KEY = /^values\..+$/;

/** Whether it names a field of a state, or one of its values as `values.<key>`. */
export function isStateField(name: unknown): name is string {
  return typeof name === 'string' && (STATE_FIELDS.includes(name) || VALUES_KEY.test(name));
}

/** The fields of a state that are chosen; all when none is. `values.<key>` gives `values` with that key alone. */
export function selectedState(state: ThreadState, select: readonly string[] | null | undefined): Partial<ThreadState> {
  if (!select || select.length === 0) return state;
  const fields = Object.entries(state).filter(([field]) => select.includes(field));
  const keys = select.filter((name) => VALUES_KEY.test(name)).map((name) => name.slice('values.'.length));
  if (keys.length === 0 || select.includes('values')) return Object.fromEntries(fields);
  const { values } = state;
  const chosen =
    typeof values === 'object' && values !== null
      ? Object.entries(values as Record<string, unknown>).filter(([key]) => keys.includes(key))
      : [];
  return { ...Object.fromEntries(fields), values: Object.fromEntries(chosen) };
}
