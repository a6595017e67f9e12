import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { PROJECT } from '../built-program.js';

const PYTHON = join(PROJECT, '.venv/bin/python');
const WORKER = join(PROJECT, 'test/python/worker.py');
/** Proxies of the surroundings are not for a server on the loopback. */
const ENVIRONMENT = { ...process.env, NO_PROXY: '*', no_proxy: '*', PYTHONDONTWRITEBYTECODE: '1' };

/** Gives a case what it asks for. */
export type Answer = (about: unknown) => unknown;

interface CaseOrder {
  case: string;
  url: string;
  transport: string;
}

interface Outgoing {
  id: string;
  ask?: string;
  about?: unknown;
  error?: string | null;
}

interface RunningCase {
  answers: Record<string, Answer>;
  settle: (error: string | null) => void;
}

/** The names of all cases, or why they cannot run. */
export function pythonCases(): { cases: string[]; transports: string[]; missing: string | null } {
  const none = { cases: [], transports: [] };
  if (!existsSync(PYTHON)) return { ...none, missing: 'there is no .venv with test/python/requirements.txt' };
  const { status, stdout, stderr } = spawnSync(PYTHON, [WORKER, '--list'], { encoding: 'utf8', env: ENVIRONMENT });
  if (status !== 0) return { ...none, missing: `.venv does not work: ${stderr.trim().split('\n').at(-1) ?? ''}` };
  return { ...(JSON.parse(stdout) as { cases: string[]; transports: string[] }), missing: null };
}

/** One Python process that plays cases, and asks for what they need of the test. */
export class PythonWorker {
  private readonly running = new Map<string, RunningCase>();
  private readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private started = 0;

  constructor() {
    this.process = spawn(PYTHON, [WORKER], { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.process.stdout }).on(
      'line',
      (line) => void this.receive(JSON.parse(line) as Outgoing),
    );
    this.process.once('exit', () => {
      for (const { settle } of this.running.values()) settle('the Python process has ended');
    });
  }

  /** Runs a case. Rejects with its traceback when it fails. */
  run(order: CaseOrder, answers: Record<string, Answer>): Promise<void> {
    const id = String(++this.started);
    return new Promise((resolve, reject) => {
      const settle = (error: string | null): void => (error === null ? resolve() : reject(new Error(error)));
      this.running.set(id, { answers, settle });
      this.send({ id, ...order });
    });
  }

  /** Ends the process, and waits until it and its pipes are gone. */
  async close(): Promise<void> {
    const closed = once(this.process, 'close');
    this.process.kill('SIGKILL');
    await closed;
  }

  private async receive({ id, ask, about, error }: Outgoing): Promise<void> {
    const running = this.running.get(id);
    if (!running) return;
    if (ask === undefined) {
      this.running.delete(id);
      return running.settle(error ?? null);
    }
    const answer = running.answers[ask];
    if (!answer) return running.settle(`the case asks for ${ask}, which nobody gives`);
    this.send({ id, answer: (await answer(about)) ?? null });
  }

  private send(message: object): void {
    this.process.stdin.write(`${JSON.stringify(message)}\n`);
  }
}
