import { Injectable } from '@nestjs/common';
import { callConfig } from '../graphs/call-config.js';
import { RunStorage } from '../storage/run-storage.js';

/** The configs that a thread's graph was called with. */
@Injectable()
export class RunConfigs {
  constructor(private readonly runs: RunStorage) {}

  /**
   * The config of the newest run that the graph had on the thread; where it had none, the thread's id alone. Runs that
   * ended while they waited have called nothing, and do not count.
   */
  async newestOf(threadId: string, graphId: string): Promise<object> {
    const run = await this.runs.newestStarted(threadId, graphId);
    return run ? callConfig(run) : { configurable: { thread_id: threadId } };
  }
}
