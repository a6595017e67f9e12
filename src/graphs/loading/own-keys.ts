/** Keys of `configurable` that name a place in a checkpoint tree, or the caller; they are the server's to set. */
const OWN_KEYS = /^(?:thread_id|checkpoint_ns|checkpoint_map|checkpoint_id|langgraph_auth_.*|__pregel_.*)$/;

/** Whether a key of `configurable` is the server's to set: what a client says of it counts for nothing. */
export function isOwnKey(key: string): boolean {
  return OWN_KEYS.test(key);
}
