import { Injectable, Logger } from '@nestjs/common';
import { stateJson } from '../graphs/state-json.js';
import type { RunOutline } from '../storage/rows/run.js';
import { ThreadStorage } from '../storage/thread-storage.js';
import { ThreadStateReader } from '../threads/thread-state-reader.js';

/** What a run leaves behind, for those who are told of its end. */
@Injectable()
export class RunValues {
  private readonly logger = new Logger(RunValues.name);

  constructor(private readonly threads: ThreadStorage, private readonly states: ThreadStateReader) {}

  /** The thread's values as JSON text; null when they cannot be read, which is no reason not to end the run. */
  async of({ runId, threadId }: Pick<RunOutline, 'runId' | 'threadId'>): Promise<string | null> {
    try {
      const thread = await this.threads.outline(threadId);
      const state = thread && (await this.states.read(thread));
      return state ? stateJson(state.values) : null;
    } catch (error) {
      this.logger.warn({ run_id: runId, thread_id: threadId, err: error }, 'a webhook tells no values');
      return null;
    }
  }
}
