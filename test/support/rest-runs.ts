import { post } from './run-commands.js';
import type { ThreadProbe } from './thread-probe.js';

/** `POST /threads/{thread_id}/runs`, on a thread that is made when it is missing. */
export function createRun(thread: Pick<ThreadProbe, 'url'>, body: Record<string, unknown>): Promise<Response> {
  return post(`${thread.url}/runs`, { if_not_exists: 'create', ...body });
}

/** The same. Returns the run's id. @throws unless it is accepted */
export async function acceptedRun(thread: Pick<ThreadProbe, 'url'>, body: Record<string, unknown>): Promise<string> {
  const response = await createRun(thread, body);
  if (!response.ok) throw new Error(`the run was answered with ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { run_id: string }).run_id;
}
