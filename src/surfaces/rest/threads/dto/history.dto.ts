import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, ValidateBy } from 'class-validator';
import { AtMost, Nested, QueryInteger } from '../../../../validation/client-fields.js';
import { QueryList } from '../../../../validation/query-list.js';
import { CheckpointSelectorDto } from './checkpoint-selector.dto.js';
import { StateFields } from './read-state.dto.js';
import { PageLimit } from '../../page-fields.js';

/** Key names that a filter on metadata may have; the checkpointer puts them into a quoted JSON path. */
const METADATA_KEY = /^[^"\\\p{Cc}]+$/u;

function isMetadataFilter(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).every((key) => METADATA_KEY.test(key));
}

function isBefore(value: unknown): boolean {
  return beforeId(value) !== undefined;
}

/**
 * The checkpoint id in `before`: an id, a config `{configurable: {checkpoint_id}}` or a checkpoint `{checkpoint_id}`.
 */
export function beforeId(before: unknown): string | undefined {
  if (typeof before === 'string') return before;
  if (typeof before !== 'object' || before === null) return undefined;
  const { configurable, checkpoint_id: own } = before as {
    configurable?: { checkpoint_id?: unknown };
    checkpoint_id?: unknown;
  };
  const id = own ?? configurable?.checkpoint_id;
  return typeof id === 'string' ? id : undefined;
}

/** Body of `POST /threads/{thread_id}/history`. */
export class HistoryDto {
  @PageLimit()
  limit?: number | null;

  @ApiPropertyOptional({
    description: 'Only states older than this checkpoint: its id, or an object that holds it',
    oneOf: [{ type: 'string' }, { type: 'object', additionalProperties: true }],
    nullable: true,
  })
  @IsOptional()
  @ValidateBy({
    name: 'isBefore',
    validator: {
      validate: isBefore,
      defaultMessage: () => 'before must be a checkpoint id or an object with checkpoint_id',
    },
  })
  before?: unknown;

  @ApiPropertyOptional({
    description: 'Values that the metadata of the checkpoint must have',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @AtMost('MAX_HISTORY_FILTER_KEYS')
  @ValidateBy({
    name: 'isMetadataFilter',
    validator: {
      validate: isMetadataFilter,
      defaultMessage: () => 'metadata must be an object whose keys have no quote or backslash',
    },
  })
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    description: 'Whose history; with `checkpoint_id` only that state',
    type: CheckpointSelectorDto,
    nullable: true,
  })
  @IsOptional()
  @Nested(() => CheckpointSelectorDto)
  checkpoint?: CheckpointSelectorDto | null;

  @ApiPropertyOptional({ description: 'Fields of each state; `values.<key>` is one of the values', type: [String] })
  @StateFields()
  select?: string[] | null;
}

/** Query of `GET /threads/{thread_id}/history`. */
export class HistoryQueryDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 10 })
  @IsOptional()
  @QueryInteger(1)
  limit?: number;

  @ApiPropertyOptional({ description: 'A checkpoint id; only states older than it' })
  @IsOptional()
  @IsString()
  @Matches(/^[^\p{Cc}]*$/u)
  before?: string;

  @ApiPropertyOptional({ description: 'Fields of each state; `values.<key>` is one of the values', type: [String] })
  @QueryList()
  @StateFields()
  select?: string[];
}
