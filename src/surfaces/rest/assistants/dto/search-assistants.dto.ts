import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsObject, IsOptional, IsString } from 'class-validator';
import { PageLimit, PageOffset, SortOrder } from '../../page-fields.js';

export const ASSISTANT_FIELDS = [
  'assistant_id', 'graph_id', 'config', 'context', 'metadata', 'created_at', 'updated_at', 'version', 'name',
  'description',
] as const;
export const SORTS = ['assistant_id', 'graph_id', 'name', 'created_at', 'updated_at'] as const;

/** Body of `POST /assistants/count`. */
export class CountAssistantsDto {
  @ApiPropertyOptional({ description: 'Of this graph', type: String, nullable: true })
  @IsOptional()
  @IsString()
  graph_id?: string | null;

  @ApiPropertyOptional({ description: 'A part of the name, in any case', type: String, nullable: true })
  @IsOptional()
  @IsString()
  name?: string | null;

  @ApiPropertyOptional({
    description: 'What the metadata must contain',
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: { created_by: 'system' },
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;
}

/** Body of `POST /assistants/search`. */
export class SearchAssistantsDto extends CountAssistantsDto {
  @PageLimit()
  limit?: number | null;

  @PageOffset()
  offset?: number | null;

  @ApiPropertyOptional({ enum: SORTS, default: 'created_at', nullable: true })
  @IsOptional()
  @IsIn(SORTS)
  sort_by?: (typeof SORTS)[number] | null;

  @SortOrder()
  sort_order?: 'asc' | 'desc' | null;

  @ApiPropertyOptional({ description: 'Only these fields', enum: ASSISTANT_FIELDS, isArray: true, nullable: true })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(ASSISTANT_FIELDS.length)
  @IsIn(ASSISTANT_FIELDS, { each: true })
  select?: (typeof ASSISTANT_FIELDS)[number][] | null;
}

/** Body of `POST /assistants/{assistant_id}/versions`. */
export class AssistantVersionsDto {
  @ApiPropertyOptional({
    description: 'What the metadata of the version must contain',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @PageLimit()
  limit?: number | null;

  @PageOffset()
  offset?: number | null;
}
