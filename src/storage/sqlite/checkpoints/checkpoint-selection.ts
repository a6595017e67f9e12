import type { CheckpointListOptions } from '@langchain/langgraph-checkpoint';

/**
 * The statement of `Checkpointer.list`: what was stored last comes first, narrowed by thread, namespace, checkpoint,
 * `before` (what was stored before that checkpoint, whatever its namespace; one that is not stored does not narrow),
 * metadata (each key equal, in the form that `text` gives) and `limit`. What is not given does not narrow.
 */
export function checkpointSelection(
  key: { thread_id?: string; checkpoint_ns?: string; checkpoint_id?: string },
  { before, filter, limit }: CheckpointListOptions,
  text: (value: unknown) => string,
): { sql: string; parameters: (string | number)[] } {
  const conditions: string[] = [];
  const parameters: (string | number)[] = [];
  const narrow = (condition: string, ...values: (string | undefined | null)[]): void => {
    if (values.some((value) => value === undefined || value === null)) return;
    conditions.push(condition);
    parameters.push(...(values as string[]));
  };
  narrow('thread_id = ?', key.thread_id);
  narrow('checkpoint_ns = ?', key.checkpoint_ns);
  narrow('checkpoint_id = ?', key.checkpoint_id || undefined);
  const bound = before?.configurable?.checkpoint_id as string | undefined;
  const place = 'SELECT rowid FROM checkpoints WHERE thread_id = ? AND checkpoint_id = ?';
  narrow(
    `rowid < coalesce((${place} AND checkpoint_ns = ?), (${place}), 9223372036854775807)`,
    key.thread_id, bound, key.checkpoint_ns ?? '', key.thread_id, bound,
  );
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (value === undefined) continue;
    // Quoted, so that a dot in the name is not taken for a path.
    narrow('(CAST(metadata AS TEXT) -> ?) = ?', `$."${name}"`, text(value));
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata
    FROM checkpoints${where} ORDER BY rowid DESC`;
  if (limit === undefined) return { sql, parameters };
  return { sql: `${sql} LIMIT ?`, parameters: [...parameters, Math.max(0, Math.trunc(limit))] };
}
