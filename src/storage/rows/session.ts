/** The agent of a session as it was when the session was made, with what the session changed of it. */
export interface SessionAgent {
  readonly assistantId: string;
  readonly graphId: string;
  /** Under the names of the session API; what is needed here is named. */
  readonly agent: SessionAgentFields;
}

export interface SessionAgentFields {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly [field: string]: unknown;
}

/** A message that waits until the questions before it are answered; it starts the run of this id then. */
export interface HeldTurn {
  readonly runId: string;
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

/** What is kept of a session beside its thread. Times in epoch ms. */
export interface SessionRow {
  readonly threadId: string;
  readonly owner: string | null;
  readonly agent: SessionAgent;
  readonly environmentId: string;
  readonly title: string | null;
  readonly metadata: Record<string, unknown>;
  readonly heldTurns: readonly HeldTurn[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly archivedAt: number | null;
}
