import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { AssistantLists } from '../../../assistants/assistant-lists.js';
import { Assistants } from '../../../assistants/assistants.service.js';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { VALIDATION_RESPONSE } from '../../../protocol/validation-issue.js';
import {
  type AssistantJson, assistantJson, type AssistantVersionJson, selected, versionJson,
} from './assistant-json.js';
import { AssistantRemoval } from './assistant-removal.js';
import { AssistantDto, AssistantVersionDto } from './dto/assistant.dto.js';
import { AssistantVersionsDto, CountAssistantsDto, SearchAssistantsDto } from './dto/search-assistants.dto.js';
import { CreateAssistantDto, DeleteAssistantQuery, LatestVersionDto, PatchAssistantDto } from './dto/write-assistant.dto.js';

const DEFAULT_LIMIT = 10;
const MISSING = { status: 404, description: 'No such assistant, or owned by another user' };
const OF_GRAPH = { status: 403, description: 'It belongs to its graph, and to everybody' };
const ID = { name: 'assistant_id', description: 'Id of an assistant, or of a graph, which means its own assistant' };

/** What of a body is given; null counts as absent, but takes a description away. */
function fieldsOf(body: PatchAssistantDto): Parameters<Assistants['update']>[1] {
  const { graph_id: graphId, name, description, config, context, metadata } = body;
  return {
    graphId: graphId ?? undefined,
    name: name ?? undefined,
    description,
    config: config ?? undefined,
    context: context ?? undefined,
    metadata: metadata ?? undefined,
  };
}

function wantedOf({ graph_id: graphId, name, metadata }: CountAssistantsDto): Parameters<AssistantLists['count']>[0] {
  return { graphId: graphId ?? null, name: name || null, metadata: metadata ?? null };
}

@ApiTags('Assistants')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('assistants')
export class AssistantsController {
  constructor(
    private readonly assistants: Assistants,
    private readonly lists: AssistantLists,
    private readonly removal: AssistantRemoval,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Create Assistant', description: 'A graph under a name, with a config of its own.' })
  @ApiResponse({ status: 200, description: 'The assistant, or the one that was there', type: AssistantDto })
  @ApiResponse({ status: 409, description: 'An assistant has this id' })
  async createAssistant(@Body() body: CreateAssistantDto, @CurrentCaller() caller: Caller): Promise<AssistantJson> {
    const fields = { ...fieldsOf(body), graphId: body.graph_id, assistantId: body.assistant_id ?? undefined };
    return assistantJson(await this.assistants.create(fields, body.if_exists === 'do_nothing', caller));
  }

  @Post('search')
  @HttpCode(200)
  @ApiOperation({ summary: 'Search Assistants', description: 'The caller\'s own, and those of the graphs.' })
  @ApiBody({ type: SearchAssistantsDto, required: false })
  @ApiResponse({
    status: 200,
    type: [AssistantDto],
    headers: {
      'X-Pagination-Total': { description: 'How many there are in all', schema: { type: 'integer' } },
      'X-Pagination-Next': { description: 'Offset of the next page, if there is one', schema: { type: 'integer' } },
    },
  })
  async searchAssistants(
    @Body() body: SearchAssistantsDto,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: { header(name: string, value: string): unknown },
  ): Promise<Partial<AssistantJson>[]> {
    const { sort_by: sortBy, sort_order: order, limit, offset, select } = body;
    const { rows, total, next } = await this.lists.search(
      {
        ...wantedOf(body),
        sortBy: sortBy ?? 'created_at',
        descending: order !== 'asc',
        limit: limit ?? DEFAULT_LIMIT,
        offset: offset ?? 0,
      },
      caller,
    );
    reply.header('x-pagination-total', String(total));
    if (next !== null) reply.header('x-pagination-next', String(next));
    return rows.map((row) => selected(assistantJson(row), select ?? []));
  }

  @Post('count')
  @HttpCode(200)
  @ApiOperation({ summary: 'Count Assistants' })
  @ApiBody({ type: CountAssistantsDto, required: false })
  @ApiResponse({ status: 200, schema: { type: 'integer', example: 5 } })
  countAssistants(@Body() body: CountAssistantsDto, @CurrentCaller() caller: Caller): Promise<number> {
    return this.lists.count(wantedOf(body), caller);
  }

  @Get(':assistant_id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Get Assistant' })
  @ApiResponse({ status: 200, type: AssistantDto })
  @ApiResponse(MISSING)
  async getAssistant(@Param('assistant_id') id: string, @CurrentCaller() caller: Caller): Promise<AssistantJson> {
    return assistantJson(await this.assistants.find(id, caller));
  }

  @Patch(':assistant_id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Patch Assistant', description: 'Makes a new version.' })
  @ApiResponse({ status: 200, type: AssistantDto })
  @ApiResponse(OF_GRAPH)
  @ApiResponse(MISSING)
  async patchAssistant(
    @Param('assistant_id') id: string,
    @Body() body: PatchAssistantDto,
    @CurrentCaller() caller: Caller,
  ): Promise<AssistantJson> {
    return assistantJson(await this.assistants.update(id, fieldsOf(body), caller));
  }

  @Delete(':assistant_id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Delete Assistant', description: 'With its threads, where that is asked for.' })
  @ApiResponse({ status: 200, description: 'Its id', schema: { type: 'array', items: { type: 'string' } } })
  @ApiResponse(OF_GRAPH)
  @ApiResponse(MISSING)
  async deleteAssistant(
    @Param('assistant_id') id: string,
    @Query() { delete_threads: withThreads }: DeleteAssistantQuery,
    @CurrentCaller() caller: Caller,
  ): Promise<string[]> {
    return [await this.removal.delete(id, withThreads === 'true' || withThreads === '1', caller)];
  }

  @Post(':assistant_id/versions')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({ summary: 'List Assistant Versions', description: 'Newest first.' })
  @ApiBody({ type: AssistantVersionsDto, required: false })
  @ApiResponse({ status: 200, type: [AssistantVersionDto] })
  @ApiResponse(MISSING)
  async listAssistantVersions(
    @Param('assistant_id') id: string,
    @Body() { metadata, limit, offset }: AssistantVersionsDto,
    @CurrentCaller() caller: Caller,
  ): Promise<AssistantVersionJson[]> {
    const query = { metadata: metadata ?? null, limit: limit ?? DEFAULT_LIMIT, offset: offset ?? 0 };
    return (await this.lists.versions(id, query, caller)).map(versionJson);
  }

  @Post(':assistant_id/latest')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Set Latest Assistant Version', description: 'It is again what it was in that version.' })
  @ApiResponse({ status: 200, type: AssistantDto })
  @ApiResponse(OF_GRAPH)
  @ApiResponse(MISSING)
  async setLatestAssistantVersion(
    @Param('assistant_id') id: string,
    @Body() { version }: LatestVersionDto,
    @CurrentCaller() caller: Caller,
  ): Promise<AssistantJson> {
    return assistantJson(await this.assistants.setLatest(id, version, caller));
  }
}
