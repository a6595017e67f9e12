import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../dist/src/main.js', import.meta.url));
const CONFIG = fileURLToPath(new URL('./langgraph.json', import.meta.url));

/** A server process of the demo's own, on a free port. */
export class DemoServer {
  private constructor(private readonly process: ChildProcess, readonly url: string) {}

  /** Resolves when it is ready. */
  static async start(database: string): Promise<DemoServer> {
    const child = spawn(process.execPath, [MAIN, 'start', '--config', CONFIG, '--port', '0'], {
      env: { ...process.env, DATABASE_URL: `sqlite:${database}` },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    for await (const line of lines) {
      const { url } = JSON.parse(line) as { url?: string };
      if (url === undefined) continue;
      child.stdout.resume();
      return new DemoServer(child, url);
    }
    throw new Error('the server ended before it was ready; run npm install first');
  }

  /** What a crash does: no goodbye, nothing flushed. */
  kill(): Promise<void> {
    return this.end('SIGKILL');
  }

  stop(): Promise<void> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill(signal);
    await ended;
  }
}
