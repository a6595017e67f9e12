import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How a child may differ from the process that starts it. */
export interface ChildOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** A program started for a test: what it printed, line by line, and how it ended. */
export class ChildProgram {
  /** Every line so far, of both outputs. */
  readonly lines: string[] = [];
  /** Status or signal with which it ended; all its output is read by then. */
  readonly ended: Promise<number | NodeJS.Signals>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private isOver = false;
  private seen = 0;

  constructor(command: string, args: string[], options: ChildOptions = {}) {
    // The tests' own NODE_OPTIONS are not the program's.
    const env = { ...process.env, NODE_OPTIONS: '', ...options.env };
    // A process group of its own, so that `kill` also reaches what it has started itself.
    this.child = spawn(command, args, { cwd: options.cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    for (const output of [this.child.stdout, this.child.stderr]) {
      if (output) createInterface({ input: output }).on('line', (line) => this.changed(() => this.lines.push(line)));
    }
    this.ended = once(this.child, 'close').then(([code, signal]: unknown[]) => {
      this.changed(() => (this.isOver = true));
      return (code ?? signal) as number | NodeJS.Signals;
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /**
   * The next line that contains `text`, after those that earlier calls gave. Fails when the program ends without it.
   */
  async line(text: string): Promise<string> {
    for (;;) {
      const index = this.lines.findIndex((line, i) => i >= this.seen && line.includes(text));
      if (index >= 0) {
        this.seen = index + 1;
        return this.lines[index] as string;
      }
      if (this.isOver) throw new Error(`ended without a line with ${JSON.stringify(text)}:\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** What Ctrl-C on a terminal does: SIGINT to it and to every process that it has started. */
  pressCtrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Kills it and its own children with SIGKILL if they still run, and waits for their end. */
  async kill(): Promise<void> {
    try {
      if (!this.isOver && this.child.pid !== undefined) process.kill(-this.child.pid, 'SIGKILL');
    } catch {
      // All of them have just ended.
    }
    await this.ended;
  }

  private changed(change: () => void): void {
    change();
    for (const listener of this.listeners) listener();
    this.listeners.clear();
  }
}
