import type { RunnableConfig } from '@langchain/core/runnables';
import { BadRequestException, ConflictException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { Command } from '@langchain/langgraph';
import { Settings } from '../config/settings.js';
import { isStorageTrouble } from '../storage/storage-errors.js';
import { Checkpointer } from '../storage/checkpointer.js';
import type { OwnedGraph } from '../graphs/owned-graph.js';
import { metadataText } from './metadata-text.js';
import type { StateUpdate, Superstep } from './thread-requests.js';
import type { ThreadOutline } from '../storage/rows/thread.js';
import { ThreadStorage } from '../storage/thread-storage.js';
import { StateEvents } from './state-events.js';
import { checkpointConfig, ThreadStateReader } from './thread-state-reader.js';
import { type CheckpointRef, toCheckpointRef } from './thread-state.js';

/** Changes the state of a thread outside of a run. */
@Injectable()
export class ThreadStateWriter {
  private readonly logger = new Logger(ThreadStateWriter.name);

  constructor(
    private readonly threads: ThreadStorage,
    private readonly reader: ThreadStateReader,
    private readonly checkpointer: Checkpointer,
    private readonly settings: Settings,
    private readonly events: StateEvents,
  ) {}

  /**
   * Makes one checkpoint on top of the newest one, or of the one named.
   * @throws ConflictException while a run is active; BadRequestException without a graph, or when the graph refuses
   */
  async update(thread: ThreadOutline, update: StateUpdate): Promise<CheckpointRef> {
    const graph = await this.requireGraph(thread);
    // Asked for again here: a run may have been accepted since the caller read the row.
    if ((await this.threads.outline(thread.threadId))?.status === 'busy') {
      throw new ConflictException(`Thread ${thread.threadId} is busy: its state can be updated once the run has ended`);
    }
    const selector = { ...update.checkpoint, checkpoint_id: update.checkpoint_id ?? update.checkpoint?.checkpoint_id };
    const config = checkpointConfig(thread.threadId, selector);
    const given = config.configurable?.['checkpoint_id'] as string | undefined;
    if (given && !(await this.checkpointer.getTuple(config)))
      throw new BadRequestException(`No checkpoint ${given} on this thread`);
    const made = await this.guarded(thread, () =>
      graph.updateState(config, update.values, update.as_node ?? undefined),
    );
    await this.events.append(thread.threadId, graph, made);
    return toCheckpointRef(made) as CheckpointRef;
  }

  /**
   * Adds to the metadata of the newest checkpoint.
   * @throws NotFoundException for a thread without one; LimitExceededError above MAX_METADATA_BYTES
   */
  async patchMetadata({ threadId }: ThreadOutline, metadata: Record<string, unknown>): Promise<void> {
    const newest = await this.checkpointer.getTuple(checkpointConfig(threadId, {}));
    const former = { ...newest?.metadata };
    metadataText({ ...former, ...metadata }, this.settings, Buffer.byteLength(JSON.stringify(former)));
    if (!(await this.checkpointer.patchMetadata(threadId, metadata)))
      throw new NotFoundException(`Thread ${threadId} has no checkpoint yet`);
    await this.events.touch(threadId);
  }

  /** Applies supersteps to a thread that has no state yet; on a refusal the checkpoints made so far are removed. */
  async applySupersteps(thread: ThreadOutline, supersteps: readonly Superstep[]): Promise<void> {
    const graph = await this.requireGraph(thread);
    const steps = supersteps.map(({ updates }) => ({
      updates: updates.map((update) => ({
        values: update.command
          ? new Command(update.command)
          : update.values,
        asNode: update.as_node ?? undefined,
      })),
    }));
    let made: RunnableConfig;
    try {
      made = await this.guarded(thread, () => graph.bulkUpdateState(checkpointConfig(thread.threadId, {}), steps));
    } catch (error) {
      await this.checkpointer.deleteThread(thread.threadId);
      throw error;
    }
    if (steps.length > 0) await this.events.append(thread.threadId, graph, made);
  }

  private async requireGraph(thread: ThreadOutline): Promise<OwnedGraph> {
    const graph = await this.reader.graphOf(thread, 'threads.update');
    if (graph) return graph;
    const { graphId } = thread;
    const why = graphId !== null ? `its graph ${graphId} is not in langgraph.json` : 'metadata.graph_id names no graph';
    throw new BadRequestException(`Thread ${thread.threadId} has no graph that could take an update: ${why}`);
  }

  /** What a graph throws at an update is about the update: an unknown node, a reducer that cannot take the values. */
  private async guarded<T>({ threadId, graphId }: ThreadOutline, change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } catch (error) {
      if (isStorageTrouble(error)) throw error;
      this.logger.warn({ thread_id: threadId, graph: graphId, err: error }, 'a graph refused an update');
      throw new BadRequestException(
        `The graph refused the update: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
}
