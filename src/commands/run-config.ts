import { ProtocolError } from '../protocol/protocol-error.js';

/** @throws ProtocolError `invalid_argument` for a config that the graph could not be called with */
export function checkedConfig(config: Record<string, unknown> | null | undefined): Record<string, unknown> {
  const { configurable, recursion_limit: limit, tags } = config ?? {};
  const refuse = (message: string): never => {
    throw new ProtocolError('invalid_argument', message);
  };
  if (configurable !== undefined && configurable !== null) {
    if (typeof configurable !== 'object' || Array.isArray(configurable)) refuse('config.configurable must be an object');
    const { checkpoint_id: fork } = configurable as Record<string, unknown>;
    if (fork !== undefined && fork !== null && typeof fork !== 'string') {
      refuse('config.configurable.checkpoint_id must be a string');
    }
  }
  if (limit !== undefined && !(Number.isInteger(limit) && (limit as number) > 0)) {
    refuse('config.recursion_limit must be a positive integer');
  }
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string'))) {
    refuse('config.tags must be a list of strings');
  }
  return config ?? {};
}
