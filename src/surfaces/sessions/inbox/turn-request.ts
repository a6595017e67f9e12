import type { RunRequest } from '../../../runs/requests/run-request.js';
import { underAssistant } from '../../../runs/requests/assistant-settings.js';
import { runRequest } from '../../../runs/requests/run-requests.js';
import type { HeldTurn, SessionRow } from '../../../storage/rows/session.js';

/** The run of a turn. New input, and never the answer to a question. */
export function turnRequest({ agent }: SessionRow, { messages }: HeldTurn): RunRequest {
  const fields = { input: { messages }, config: { configurable: { agent: agent.agent } } };
  const request = underAssistant(runRequest(agent, fields, 'classic'), { config: {}, context: {}, ...agent });
  return { ...request, answersInterrupts: false };
}
