import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsObject,
  IsOptional,
  IsPositive,
  IsString,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import { AtMost, ReadAs } from '../../../validation/client-fields.js';
import { PageLimit, PageOffset } from '../page-fields.js';

/** A hundred years. */
const MAX_MINUTES = 52_560_000;

const isLabel = (label: unknown): boolean => typeof label === 'string' && label !== '' && !label.includes('.');

/** Labels of a namespace; those of a condition may be `*`. */
function Labels(): PropertyDecorator {
  return applyDecorators(
    IsArray(),
    AtMost('MAX_NAMESPACE_SEGMENTS'),
    ValidateBy({
      name: 'areLabels',
      validator: {
        validate: (labels) => Array.isArray(labels) && labels.every(isLabel),
        defaultMessage: () => 'a label of a namespace is a text, not empty, without a period',
      },
    }),
  );
}

function isIndex(value: unknown): boolean {
  return value === false || (Array.isArray(value) && value.every((path) => typeof path === 'string'));
}

const truth = (given: unknown): unknown =>
  given === 'true' || given === '1' ? true : given === 'false' || given === '0' ? false : given;

/** Body of `DELETE /store/items`. */
export class StoreItemKeyDto {
  @ApiProperty({ type: [String], example: ['users', 'ada'] })
  @Labels()
  namespace: string[];

  @ApiProperty({ example: 'likes' })
  @IsString()
  @IsNotEmpty()
  key: string;
}

/** Body of `PUT /store/items`. */
export class PutStoreItemDto extends StoreItemKeyDto {
  @ApiProperty({ type: 'object', additionalProperties: true, example: { food: 'tea' } })
  @IsObject()
  value: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'Paths of the texts that are embedded, `false` for none; those of langgraph.json unless given',
    oneOf: [{ type: 'boolean', enum: [false] }, { type: 'array', items: { type: 'string' } }],
    nullable: true,
  })
  @IsOptional()
  @AtMost('MAX_SEARCH_FILTER_KEYS')
  @ValidateBy({
    name: 'isIndex',
    validator: { validate: isIndex, defaultMessage: () => 'index must be false or a list of paths' },
  })
  index?: false | string[] | null;

  @ApiPropertyOptional({
    description: 'Minutes that the item lives; null for ever, and as langgraph.json says unless given',
    type: Number,
    nullable: true,
  })
  @IsOptional()
  @IsNumber()
  @IsPositive()
  @Max(MAX_MINUTES)
  ttl?: number | null;
}

/** Query of `GET /store/items`. */
export class GetStoreItemQuery {
  @ApiProperty({ description: 'Labels joined by periods', type: String, example: 'users.ada' })
  @ReadAs((given) => (typeof given === 'string' ? (given === '' ? [] : given.split('.')) : (given ?? [])))
  @Labels()
  namespace: string[] = [];

  @ApiProperty({ example: 'likes' })
  @IsString()
  @IsNotEmpty()
  key: string;

  @ApiPropertyOptional({ description: 'Whether its time to live begins anew', type: Boolean })
  @IsOptional()
  @ReadAs(truth)
  @IsBoolean()
  refresh_ttl?: boolean;
}

/** Body of `POST /store/items/search`. */
export class SearchStoreItemsDto {
  @ApiPropertyOptional({ type: [String], default: [], nullable: true, example: ['users'] })
  @IsOptional()
  @Labels()
  namespace_prefix?: string[] | null;

  @ApiPropertyOptional({
    description: 'By key of the value: what it equals, or `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in`, `$nin`',
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { rank: { $gte: 3 } },
  })
  @IsOptional()
  @IsObject()
  @AtMost('MAX_SEARCH_FILTER_KEYS')
  filter?: Record<string, unknown> | null;

  @PageLimit()
  limit?: number | null;

  @PageOffset()
  offset?: number | null;

  @ApiPropertyOptional({
    description: 'What is near this text, where langgraph.json names `store.index`',
    nullable: true,
  })
  @IsOptional()
  @IsString()
  query?: string | null;

  @ApiPropertyOptional({ type: Boolean, nullable: true })
  @IsOptional()
  @IsBoolean()
  refresh_ttl?: boolean | null;
}

/** Body of `POST /store/namespaces`. */
export class ListNamespacesDto {
  @ApiPropertyOptional({ description: 'Labels that they begin with; `*` is any', type: [String], nullable: true })
  @IsOptional()
  @Labels()
  prefix?: string[] | null;

  @ApiPropertyOptional({ description: 'Labels that they end with; `*` is any', type: [String], nullable: true })
  @IsOptional()
  @Labels()
  suffix?: string[] | null;

  @ApiPropertyOptional({ description: 'Labels of each at most', type: 'integer', minimum: 1, nullable: true })
  @IsOptional()
  @IsInt()
  @Min(1)
  max_depth?: number | null;

  @PageLimit(100)
  limit?: number | null;

  @PageOffset()
  offset?: number | null;
}

export class StoreItemDto {
  @ApiProperty({ type: [String] })
  namespace: string[];

  @ApiProperty()
  key: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  value: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  @ApiPropertyOptional({ description: 'How near it is to the query, from -1 to 1' })
  score?: number;
}

export class StoreItemsDto {
  @ApiProperty({ type: [StoreItemDto] })
  items: StoreItemDto[];
}

export class NamespacesDto {
  @ApiProperty({ type: 'array', items: { type: 'array', items: { type: 'string' } } })
  namespaces: string[][];
}
