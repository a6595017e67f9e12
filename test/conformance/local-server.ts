import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { untilReady } from './restart-command.js';
import type { Target } from './thread-client.js';

const STOP_WITHIN_MS = 15_000;

/** How to start a server that is to be judged. */
export interface ServerProgram {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Where its output goes. */
  readonly log: string;
  readonly port: number;
}

/** A server on loopback, started as a process of its own and ended by its id. */
export class LocalServer {
  private child: ChildProcess | null = null;
  readonly target: Target;

  constructor(private readonly program: ServerProgram) {
    this.target = { url: `http://127.0.0.1:${program.port}`, headers: {} };
  }

  async start(): Promise<void> {
    const { command, args, cwd, env, log } = this.program;
    mkdirSync(dirname(log), { recursive: true });
    const output = openSync(log, 'a');
    this.child = spawn(command, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    await untilReady(this.target);
  }

  /** SIGTERM, and SIGKILL for one that does not end. */
  async stop(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const waited = await Promise.race([ended, sleep(STOP_WITHIN_MS, 'late' as const, { ref: false })]);
    if (waited === 'late') child.kill('SIGKILL');
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }
}

/** A port on loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
