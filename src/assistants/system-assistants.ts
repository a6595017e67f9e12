import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { assistantIdOf } from '../graphs/assistant-resolver.js';
import { GraphRegistry } from '../graphs/graph-registry.js';
import { type AssistantRow, AssistantStorage } from '../storage/assistant-storage.js';

/**
 * The assistant that every graph of langgraph.json has by itself. They are stored at start, so that they are searched,
 * ordered and counted with all others; a graph that left langgraph.json takes its own out of sight, and brings it back.
 */
@Injectable()
export class SystemAssistants implements OnModuleInit {
  private readonly logger = new Logger(SystemAssistants.name);
  private readonly startedAt = Date.now();

  constructor(
    private readonly graphs: GraphRegistry,
    private readonly assistants: AssistantStorage,
  ) {}

  /** Those of all graphs; one that nobody has changed follows langgraph.json. */
  async onModuleInit(): Promise<void> {
    for (const graphId of this.graphs.ids()) await this.store(this.fromConfig(graphId));
  }

  /** Whatever is stored under its id: a row that a client made counts for nothing. @throws UnknownGraphError */
  async of(graphId: string): Promise<AssistantRow> {
    const own = this.fromConfig(graphId);
    const stored = await this.assistants.find(own.assistantId);
    return stored?.system ? stored : own;
  }

  private async store(own: AssistantRow): Promise<void> {
    const stored = await this.assistants.find(own.assistantId);
    if (stored === null) {
      await this.assistants.save(own);
    } else if (!stored.system) {
      this.logger.warn({ graph: own.graphId, assistant: own.assistantId }, 'a client took the id of the assistant of a graph');
    } else if (stored.version === 1 && stored.description !== own.description) {
      await this.assistants.replace({ ...own, createdAt: stored.createdAt });
    }
  }

  private fromConfig(graphId: string): AssistantRow {
    return {
      assistantId: assistantIdOf(graphId),
      owner: null,
      system: true,
      graphId,
      name: graphId,
      description: this.graphs.describe(graphId).description ?? null,
      version: 1,
      metadata: { created_by: 'system' },
      config: {},
      context: {},
      createdAt: this.startedAt,
      updatedAt: this.startedAt,
      archivedAt: null,
    };
  }
}
