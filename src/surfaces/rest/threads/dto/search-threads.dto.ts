import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsObject, IsOptional, IsString, ValidateBy } from 'class-validator';
import { THREAD_SORT_FIELDS, type ThreadSortField } from '../../../../storage/thread-search.js';
import { isValuePath } from '../../../../threads/finding/value-path.js';
import type { ThreadStatus } from '../../../../storage/rows/thread.js';
import { AtMost } from '../../../../validation/client-fields.js';
import { PageLimit, PageOffset, SortOrder } from '../../page-fields.js';

const STATUSES = ['idle', 'busy', 'interrupted', 'error'];
const FIELDS = [
  'thread_id', 'created_at', 'updated_at', 'state_updated_at', 'metadata', 'config', 'context', 'status', 'values',
  'interrupts', 'error',
];

/** Body of `POST /threads/count`; what is given must all hold. */
export class CountThreadsDto {
  @ApiPropertyOptional({
    description: 'Contained in the metadata: objects by their keys, lists by their items, at any depth',
    type: 'object',
    additionalProperties: true,
    example: { user: 'ada' },
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  @AtMost('MAX_SEARCH_FILTER_KEYS')
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    description: 'Contained in the values of the newest checkpoint, which are read thread by thread',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  @AtMost('MAX_SEARCH_FILTER_KEYS')
  values?: Record<string, unknown> | null;

  @ApiPropertyOptional({ enum: STATUSES, nullable: true })
  @IsOptional()
  @IsIn(STATUSES)
  status?: ThreadStatus | null;
}

/** Body of `POST /threads/search`. */
export class SearchThreadsDto extends CountThreadsDto {
  @ApiPropertyOptional({ description: 'Only these threads', type: [String], nullable: true })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @AtMost('MAX_SEARCH_LIMIT')
  ids?: string[] | null;

  @PageLimit()
  limit?: number | null;

  @PageOffset()
  offset?: number | null;

  @ApiPropertyOptional({ enum: THREAD_SORT_FIELDS, default: 'created_at', nullable: true })
  @IsOptional()
  @IsIn(THREAD_SORT_FIELDS)
  sort_by?: ThreadSortField | null;

  @SortOrder()
  sort_order?: 'asc' | 'desc' | null;

  @ApiPropertyOptional({ description: 'Fields of the answer; all unless given', enum: FIELDS, isArray: true })
  @IsOptional()
  @IsArray()
  @IsIn(FIELDS, { each: true })
  select?: string[] | null;

  @ApiPropertyOptional({
    description: 'Values to take out of each thread, by the name that they get in `extracted`',
    type: 'object',
    additionalProperties: { type: 'string' },
    example: { last: 'values.messages[-1].content' },
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  @AtMost('MAX_EXTRACT_PATHS')
  @ValidateBy({
    name: 'arePaths',
    validator: {
      validate: (paths: unknown) =>
        typeof paths === 'object' && paths !== null && Object.values(paths).every(isValuePath),
      defaultMessage: () => 'extract must give names to paths such as values.messages[-1].content',
    },
  })
  extract?: Record<string, string> | null;
}
