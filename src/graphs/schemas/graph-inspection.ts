import { Injectable } from '@nestjs/common';
import { GraphRegistry } from '../graph-registry.js';
import type { GraphDrawing, OwnedGraph } from '../owned-graph.js';
import { firstOf, type GraphSchemas, SCHEMA_PARTS } from './graph-schema.js';
import { channelNames, schemasOf } from './runtime-schemas.js';
import { TypeSchemas } from './type-schemas.js';

/** Whose graph is looked at, and the config that a factory makes it from. */
export interface Inspection {
  readonly graphId: string;
  readonly owner: string | null;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What can be told of a graph without running it. Every method throws whatever a factory throws. */
@Injectable()
export class GraphInspection {
  constructor(
    private readonly graphs: GraphRegistry,
    private readonly types: TypeSchemas,
  ) {}

  async drawing(inspection: Inspection, xray: boolean | number): Promise<GraphDrawing> {
    return (await this.graph(inspection)).drawing(xray);
  }

  /** From the schemas that it was built with, else from its TypeScript types, else the names of its channels. */
  async schemas(inspection: Inspection): Promise<GraphSchemas> {
    const { graphId } = inspection;
    const { definition } = await this.graph(inspection);
    const own = schemasOf(definition, this.graphs.libraries(graphId).schemaReaders);
    const isTold = SCHEMA_PARTS.every((part) => own[part] || part === 'config' || part === 'context');
    const typed = isTold ? {} : await this.types.of(this.graphs.entry(graphId));
    return firstOf(own, typed, channelNames(definition));
  }

  /** By namespace; one that is named is found at any depth. Types say nothing of subgraphs. */
  async subgraphs(
    inspection: Inspection,
    namespace: string | undefined,
    recurse: boolean,
  ): Promise<Map<string, GraphSchemas>> {
    const readers = this.graphs.libraries(inspection.graphId).schemaReaders;
    const graph = await this.graph(inspection);
    const found = await graph.subgraphs(namespace, recurse || namespace !== undefined);
    return new Map([...found].map(([name, own]) => [name, firstOf(schemasOf(own, readers), channelNames(own))]));
  }

  private graph({ graphId, owner, config }: Inspection): Promise<OwnedGraph> {
    return this.graphs.get(graphId, { owner, config: () => config, accessContext: 'assistants.read' });
  }
}
