import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { ThreadStorage } from '../storage/thread-storage.js';

/** Whether the protocol's routes can serve a thread: the switch is on, and its graph's LangGraph streams v3. */
@Injectable()
export class StreamingAvailability {
  constructor(
    private readonly settings: Settings,
    private readonly graphs: GraphRegistry,
    private readonly threads: ThreadStorage,
  ) {}

  /** @throws ServiceUnavailableException (503) that says what to change. */
  async assert(threadId: string): Promise<void> {
    if (!this.settings.EVENT_STREAMING_ENABLED) {
      throw new ServiceUnavailableException(
        'Event streaming is switched off. Start the server with EVENT_STREAMING_ENABLED=true to turn it on.',
      );
    }
    const graphId = (await this.threads.outline(threadId))?.graphId;
    if (graphId) this.assertGraph(graphId);
  }

  /** @throws ServiceUnavailableException (503) with the LangGraph version found and the one needed. */
  assertGraph(graphId: string): void {
    if (!this.graphs.has(graphId)) return;
    const { streaming } = this.graphs.describe(graphId);
    if (streaming.supported) return;
    throw new ServiceUnavailableException(
      `Graph ${graphId} runs on @langchain/langgraph ${streaming.found ?? 'of an unknown version'}, ` +
        `which has no v3 event streaming; ${streaming.needed ?? 'a newer version'} is needed.`,
    );
  }
}
