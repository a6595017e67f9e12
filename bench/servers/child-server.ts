import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from '../measure.js';
import type { Target } from '../scenario.js';

/** A server that was started to be measured. */
export interface MeasuredServer extends Target {
  stop(): Promise<void>;
}

interface Launch {
  readonly name: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Finds the address in the line that says that the server is ready; null for any other line. */
  readonly address: (line: string) => string | null;
  /** Removes what the server has left. */
  readonly cleanUp: () => void;
}

const START_SECONDS = 60;
const STOP_SECONDS = 15;
const LINES_KEPT = 30;

/** Those that still run, by process id; whatever ends the benchmark ends them too. */
const running = new Map<number, ChildProcess>();
process.once('exit', () => {
  for (const child of running.values()) child.kill('SIGKILL');
});

/** Starts a Node program that serves and waits until it is ready. Nothing but this very process is ever ended. */
export async function launch({ name, args, cwd, env, address, cleanUp }: Launch): Promise<MeasuredServer> {
  const child = spawn(process.execPath, [...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} could not be started`);
  running.set(pid, child);
  const ended = once(child, 'exit').then(() => {
    running.delete(pid);
    cleanUp();
  });
  const lines: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        lines.push(line);
        if (lines.length > LINES_KEPT) lines.shift();
        const found = address(line);
        if (found !== null) resolve(found);
      });
    }
    void ended.then(() => reject(new Error(`${name} ended at its start:\n${lines.join('\n')}`)));
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await within(STOP_SECONDS, `stopping ${name}`, ended).catch(() => child.kill('SIGKILL'));
    await ended;
  };
  try {
    return { name, pid, base: await within(START_SECONDS, `starting ${name}`, ready), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
