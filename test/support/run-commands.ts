/** A run that the server has accepted. */
export interface Accepted {
  readonly runId: string;
  readonly appliedThroughSeq: number;
}

/** Sends `run.start`; fails unless it is answered with success. */
export async function startRun(url: string, threadId: string, assistantId: string, input: unknown): Promise<Accepted> {
  const params = { assistant_id: assistantId, input };
  const response = await post(`${url}/threads/${threadId}/commands`, { id: 1, method: 'run.start', params });
  const answer = (await response.json()) as {
    type: string;
    result: { run_id: string };
    meta: { applied_through_seq: number };
  };
  if (answer.type !== 'success') throw new Error(`run.start was refused: ${JSON.stringify(answer)}`);
  return { runId: answer.result.run_id, appliedThroughSeq: answer.meta.applied_through_seq };
}

/** The values of the thread's newest state. */
export async function stateValues(url: string, threadId: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/threads/${threadId}/state`);
  if (!response.ok) throw new Error(`the state was answered with ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { values: Record<string, unknown> }).values;
}

/** Posts JSON. */
export function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}
