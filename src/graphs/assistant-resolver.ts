import { Injectable } from '@nestjs/common';
import { v5 as uuidv5 } from 'uuid';
import { GraphRegistry } from './graph-registry.js';

/** The namespace from which LangGraph servers derive the id of a graph's own assistant. */
const ASSISTANT_NAMESPACE = '6ba7b821-9dad-11d1-80b4-00c04fd430c8';

/** The id of the assistant that every graph has: a version 5 UUID of the graph id. */
export function assistantIdOf(graphId: string): string {
  return uuidv5(graphId, ASSISTANT_NAMESPACE);
}

/** Finds the graph that an assistant id means. */
@Injectable()
export class AssistantResolver {
  private readonly graphIds: ReadonlyMap<string, string>;

  constructor(private readonly graphs: GraphRegistry) {
    this.graphIds = new Map(graphs.ids().map((graphId) => [assistantIdOf(graphId), graphId]));
  }

  /** The graph of an assistant id, which may be a graph id itself; null when there is none. */
  graphIdOf(assistantId: string): string | null {
    return this.graphs.has(assistantId) ? assistantId : (this.graphIds.get(assistantId) ?? null);
  }
}
