import {
  BadRequestException, Body, Controller, Delete, Get, HttpCode, Post, Put, Query, Res, UnprocessableEntityException,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Caller } from '../../../auth/caller.js';
import { CurrentCaller } from '../../../auth/current-caller.js';
import { Settings } from '../../../config/settings.js';
import { VALIDATION_RESPONSE, validationIssue } from '../../../protocol/validation-issue.js';
import { StoreItems } from './store-items.js';
import {
  GetStoreItemQuery, ListNamespacesDto, NamespacesDto, PutStoreItemDto, SearchStoreItemsDto, StoreItemDto,
  StoreItemKeyDto, StoreItemsDto,
} from './store.dto.js';

/** The long-term store that graphs get; everybody has their own unless STORE_SCOPE says otherwise. */
@ApiTags('Store')
@ApiResponse({ status: 422, ...VALIDATION_RESPONSE })
@Controller('store')
export class StoreController {
  constructor(private readonly items: StoreItems, private readonly settings: Settings) {}

  @Put('items')
  @HttpCode(204)
  @ApiOperation({ summary: 'Put Store Item', description: 'Stores an item, or replaces it.' })
  @ApiResponse({ status: 204, description: 'Stored' })
  @ApiResponse({ status: 400, description: 'A namespace without a label' })
  async putStoreItem(@Body() body: PutStoreItemDto, @CurrentCaller() caller: Caller): Promise<void> {
    assertNamespace(body.namespace);
    if (body.namespace[0] === 'langgraph') {
      const message = 'the first label of a namespace must not be "langgraph"';
      const issue = validationIssue(['body', 'namespace'], message, 'value_error', body.namespace);
      throw new UnprocessableEntityException({ detail: [issue] });
    }
    await this.items.put(body, caller);
  }

  @Get('items')
  @ApiOperation({ summary: 'Get Store Item' })
  @ApiResponse({ status: 200, description: 'The item, or `null` when there is none', type: StoreItemDto })
  @ApiResponse({ status: 400, description: 'A namespace without a label' })
  async getStoreItem(
    @Query() query: GetStoreItemQuery,
    @CurrentCaller() caller: Caller,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    assertNamespace(query.namespace);
    const item = await this.items.get(query, caller);
    // Null has to be said: clients read every answer as JSON.
    await reply.header('content-type', 'application/json; charset=utf-8').send(JSON.stringify(item));
  }

  @Delete('items')
  @HttpCode(204)
  @ApiOperation({ summary: 'Delete Store Item' })
  @ApiResponse({ status: 204, description: 'There is no such item any more' })
  @ApiResponse({ status: 400, description: 'A namespace without a label' })
  async deleteStoreItem(@Body() body: StoreItemKeyDto, @CurrentCaller() caller: Caller): Promise<void> {
    assertNamespace(body.namespace);
    await this.items.delete(body, caller);
  }

  @Post('items/search')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Search Store Items',
    description: 'What changed last comes first; with a `query` and `store.index` in langgraph.json what is nearest.',
  })
  @ApiBody({ type: SearchStoreItemsDto, required: false })
  @ApiResponse({ status: 200, type: StoreItemsDto })
  async searchStoreItems(@Body() body: SearchStoreItemsDto, @CurrentCaller() caller: Caller): Promise<StoreItemsDto> {
    this.assertLimit(body.limit);
    return { items: await this.items.search(body, caller) };
  }

  @Post('namespaces')
  @HttpCode(200)
  @ApiOperation({ summary: 'List Store Namespaces' })
  @ApiBody({ type: ListNamespacesDto, required: false })
  @ApiResponse({ status: 200, type: NamespacesDto })
  async listStoreNamespaces(@Body() body: ListNamespacesDto, @CurrentCaller() caller: Caller): Promise<NamespacesDto> {
    this.assertLimit(body.limit);
    return { namespaces: await this.items.namespaces(body, caller) };
  }

  private assertLimit(limit: number | null | undefined): void {
    const most = this.settings.MAX_SEARCH_LIMIT;
    if ((limit ?? 0) <= most) return;
    const message = `limit must be at most ${most} (MAX_SEARCH_LIMIT)`;
    const issue = validationIssue(['body', 'limit'], message, 'less_than_equal', limit);
    throw new UnprocessableEntityException({ detail: [issue] });
  }
}

function assertNamespace(namespace: readonly string[]): void {
  if (namespace.length === 0) throw new BadRequestException('namespace must have at least one label');
}
