import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './conformance-case.js';
import { send, type Target } from './thread-client.js';

const READY_WITHIN_MS = 60_000;

/** Runs the command, which ends the server and starts it on the same data, and waits until the server answers again. */
export function restarter(command: string, target: Target): () => Promise<void> {
  return async () => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
    const status = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    if (status !== 0) throw new Failure(`the restart command ended with status ${String(status)}`);
    await untilReady(target);
  };
}

/** Waits until the server answers on /ok. @throws Failure after a minute */
export async function untilReady(target: Target): Promise<void> {
  const end = Date.now() + READY_WITHIN_MS;
  while (Date.now() < end) {
    const answer = await send(target, 'GET', '/ok', undefined, 2_000).catch(() => null);
    if (answer?.status === 200) return;
    await sleep(100);
  }
  throw new Failure(`${target.url} did not answer within ${READY_WITHIN_MS} ms`);
}
