import type { RunRequest } from '../runs/run-acceptance.js';
import type { HeldTurn, SessionRow } from './session-repository.js';

/** The run of a turn. New input, and never the answer to a question. */
export function turnRequest({ agent }: SessionRow, { messages }: HeldTurn): RunRequest {
  return {
    assistantId: agent.assistantId,
    graphId: agent.graphId,
    kwargs: { input: { messages }, config: { configurable: { agent: agent.agent } } },
    metadata: {},
    multitaskStrategy: 'enqueue',
    answersInterrupts: false,
  };
}
