/**
 * Where in a langgraph.json something is wrong, and what. `graphId` and `entryPath` are absent when it is the file
 * itself.
 */
export interface GraphConfigFault {
  configPath: string;
  graphId?: string;
  entryPath?: string;
  reason: string;
  cause?: unknown;
}

/** A langgraph.json, or one of its graphs, cannot be used: the server does not start. */
export class GraphConfigError extends Error {
  readonly configPath: string;
  readonly graphId?: string;
  readonly entryPath?: string;
  readonly reason: string;

  constructor(fault: GraphConfigFault) {
    const entry = fault.graphId === undefined ? '' : ` graph "${fault.graphId}" (${fault.entryPath}):`;
    super(`${fault.configPath}:${entry} ${fault.reason}`, { cause: fault.cause });
    this.name = 'GraphConfigError';
    this.configPath = fault.configPath;
    this.graphId = fault.graphId;
    this.entryPath = fault.entryPath;
    this.reason = fault.reason;
  }
}

/** No graph of langgraph.json has this id. */
export class UnknownGraphError extends Error {
  constructor(readonly graphId: string, known: readonly string[]) {
    super(`no graph "${graphId}"; there are ${known.map((id) => `"${id}"`).join(', ')}`);
    this.name = 'UnknownGraphError';
  }
}
