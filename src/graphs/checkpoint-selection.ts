import type { CheckpointListOptions } from '@langchain/langgraph-checkpoint';

/**
 * The statement of `Checkpointer.list`: newest first, narrowed by thread, namespace, checkpoint, `before`, metadata
 * (each key equal, as JSON) and `limit`. What is not given does not narrow.
 */
export function checkpointSelection(
  key: { thread_id?: string; checkpoint_ns?: string; checkpoint_id?: string },
  { before, filter, limit }: CheckpointListOptions,
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
  narrow('checkpoint_id < ?', before?.configurable?.checkpoint_id as string | undefined);
  for (const [name, value] of Object.entries(filter ?? {})) {
    if (value === undefined) continue;
    // Quoted, so that a dot in the name is not taken for a path.
    narrow('(CAST(metadata AS TEXT) -> ?) = ?', `$."${name}"`, JSON.stringify(value));
  }
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const sql = `SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata
    FROM checkpoints${where} ORDER BY checkpoint_id DESC`;
  if (limit === undefined) return { sql, parameters };
  return { sql: `${sql} LIMIT ?`, parameters: [...parameters, Math.max(0, Math.trunc(limit))] };
}
