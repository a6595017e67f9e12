import { ProtocolError } from '../../protocol/protocol-error.js';
import type { ValidationIssue } from '../../protocol/validation-issue.js';

/** Fields that a run cannot be started with, each with its `loc` from the request down. */
export class InvalidRunError extends ProtocolError {
  constructor(readonly issues: readonly ValidationIssue[]) {
    super('invalid_argument', issues.map(({ msg }) => msg).join('; '));
  }
}

/** `assistant_id` names nothing; the message lists what there is. */
export class UnknownAssistantError extends ProtocolError {
  /** @param lostGraphId the graph of the assistant, which langgraph.json has no more */
  constructor(assistantId: string, graphIds: readonly string[], lostGraphId?: string) {
    const what = lostGraphId === undefined ? `no assistant ${assistantId}` : `no graph ${lostGraphId} of assistant ${assistantId} any more`;
    super('invalid_argument', `There is ${what}; there are the graphs ${graphIds.join(', ')}.`);
  }
}
