import { Controller, Get, NotFoundException, Param, Query } from '@nestjs/common';
import { ApiExtraModels, ApiOperation, ApiParam, ApiResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import { Assistants } from '../../../assistants/assistants.service.js';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { GraphRegistry } from '../../../graphs/graph-registry.js';
import type { GraphDrawing } from '../../../graphs/owned-graph.js';
import { GraphInspection, type Inspection } from '../../../graphs/schemas/graph-inspection.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import { schemasJson, type SchemasJson } from './assistant-json.js';
import { DrawGraphQuery, GraphSchemasDto, SubgraphsQuery } from './dto/assistant-graph.dto.js';

const SUBGRAPHS = {
  status: 200,
  description: 'By namespace: the names of the nodes, joined by |',
  schema: { type: 'object' as const, additionalProperties: { $ref: getSchemaPath(GraphSchemasDto) } },
};

/** What can be told of an assistant's graph without running it. */
@ApiTags('Assistants')
@ApiExtraModels(GraphSchemasDto)
@ApiParam({ name: 'assistant_id', description: 'Id of an assistant, or of a graph' })
@ApiResponse({ status: 404, description: 'No such assistant, or owned by another user' })
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('assistants/:assistant_id')
export class AssistantGraphController {
  constructor(
    private readonly assistants: Assistants,
    private readonly graphs: GraphRegistry,
    private readonly inspection: GraphInspection,
  ) {}

  @Get('graph')
  @ApiOperation({ summary: 'Get Assistant Graph', description: 'Nodes and edges, to be drawn.' })
  @ApiResponse({
    status: 200,
    schema: {
      type: 'object',
      properties: {
        nodes: { type: 'array', items: { type: 'object', additionalProperties: true } },
        edges: { type: 'array', items: { type: 'object', additionalProperties: true } },
      },
      example: {
        nodes: [{ id: '__start__', type: 'schema', data: {} }, { id: 'agent', type: 'runnable', data: { name: 'agent' } }],
        edges: [{ source: '__start__', target: 'agent' }],
      },
    },
  })
  async getAssistantGraph(
    @Param('assistant_id') id: string,
    @Query() { xray }: DrawGraphQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<GraphDrawing> {
    return this.inspection.drawing(await this.inspected(id, caller), xray);
  }

  @Get('schemas')
  @ApiOperation({
    summary: 'Get Assistant Schemas',
    description: 'What its graph takes and gives; null where neither the graph nor its TypeScript types say it.',
  })
  @ApiResponse({ status: 200, type: GraphSchemasDto })
  async getAssistantSchemas(@Param('assistant_id') id: string, @CurrentCaller() caller: Caller): Promise<SchemasJson> {
    const inspected = await this.inspected(id, caller);
    return schemasJson(inspected.graphId, await this.inspection.schemas(inspected));
  }

  @Get('subgraphs')
  @ApiOperation({ summary: 'Get Assistant Subgraphs' })
  @ApiResponse(SUBGRAPHS)
  getAssistantSubgraphs(
    @Param('assistant_id') id: string,
    @Query() query: SubgraphsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, SchemasJson>> {
    return this.subgraphs(id, undefined, query, caller);
  }

  @Get('subgraphs/:namespace')
  @ApiParam({ name: 'namespace', description: 'The names of the nodes on the way, joined by |' })
  @ApiOperation({ summary: 'Get Assistant Subgraph' })
  @ApiResponse(SUBGRAPHS)
  getAssistantSubgraph(
    @Param('assistant_id') id: string,
    @Param('namespace') namespace: string,
    @Query() query: SubgraphsQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<Record<string, SchemasJson>> {
    return this.subgraphs(id, namespace, query, caller);
  }

  private async subgraphs(
    id: string,
    namespace: string | undefined,
    { recurse }: SubgraphsQuery,
    caller: Caller,
  ): Promise<Record<string, SchemasJson>> {
    const inspected = await this.inspected(id, caller);
    const found = await this.inspection.subgraphs(inspected, namespace, recurse === 'true' || recurse === '1');
    return Object.fromEntries([...found].map(([name, schemas]) => [name, schemasJson(inspected.graphId, schemas)]));
  }

  private async inspected(id: string, caller: Caller): Promise<Inspection> {
    const { graphId, config, context } = await this.assistants.find(id, caller);
    if (!this.graphs.has(graphId)) {
      throw new NotFoundException(
        `There is no graph ${graphId} any more; langgraph.json has ${this.graphs.ids().join(', ')}`,
      );
    }
    const given = Object.keys(context).length > 0 ? { ...config, context } : config;
    return { graphId, owner: caller.owner, config: given };
  }
}
