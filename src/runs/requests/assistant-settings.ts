import { withDefaults } from '../../graphs/loading/config/default-config.js';
import type { AssistantRow } from '../../storage/assistant-storage.js';
import type { AnswerRequest, RunRequest } from './run-request.js';

/**
 * A run as its assistant has it called: the assistant's config and context under those of the request. A checkpoint
 * that the assistant names counts for nothing, since it is one of a single thread.
 */
export function underAssistant(
  request: RunRequest,
  { config, context }: Pick<AssistantRow, 'config' | 'context'>,
): RunRequest {
  const { kwargs } = request;
  const { checkpoint_id: _, ...configurable } = (config.configurable ?? {}) as Record<string, unknown>;
  const settings = 'configurable' in config ? { ...config, configurable } : config;
  const merged = { ...withDefaults(kwargs, { config: settings }), ...contextOf(context, kwargs.context) };
  return { ...request, kwargs: merged };
}

/** What the assistant is labelled with is a label of its runs, not of their threads: those may have other runs. */
export function labelledBy<T extends RunRequest | AnswerRequest>(request: T, { metadata, system }: AssistantRow): T {
  const { created_by: _, ...ofGraph } = metadata;
  const labels = system ? ofGraph : metadata;
  if (Object.keys(labels).length === 0) return request;
  return { ...request, metadata: { ...labels, ...request.metadata }, threadMetadata: request.metadata };
}

/** Key by key. An option that is undefined would wipe the graph's own. */
function contextOf(
  general: Record<string, unknown>,
  special: Readonly<Record<string, unknown>> | undefined,
): { context?: Record<string, unknown> } {
  return special === undefined && Object.keys(general).length === 0 ? {} : { context: { ...general, ...special } };
}
