import type { RunRequest } from '../../../runs/requests/run-request.js';
import { runRequest } from '../../../runs/requests/run-requests.js';
import type { HeldTurn, SessionRow } from '../../../storage/rows/session.js';

/** The run of a turn. New input, and never the answer to a question. */
export function turnRequest({ agent }: SessionRow, { messages }: HeldTurn): RunRequest {
  const fields = { input: { messages }, config: { configurable: { agent: agent.agent } } };
  return { ...runRequest(agent, fields, 'classic'), answersInterrupts: false };
}
