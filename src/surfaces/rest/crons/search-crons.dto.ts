import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsString, Max, Min } from 'class-validator';
import { CRON_ORDERS, type CronOrder } from '../../../storage/cron-storage.js';

const FIELDS = [
  'cron_id', 'assistant_id', 'thread_id', 'on_run_completed', 'end_time', 'schedule', 'timezone', 'enabled',
  'created_at', 'updated_at', 'user_id', 'payload', 'next_run_date', 'metadata', 'now',
];

/** Body of `POST /runs/crons/count`. */
export class CountCronsDto {
  @ApiPropertyOptional({ description: 'Id of an assistant, or of its graph', nullable: true, type: String })
  @IsOptional()
  @IsString()
  assistant_id?: string | null;

  @ApiPropertyOptional({ nullable: true, type: String })
  @IsOptional()
  @IsString()
  thread_id?: string | null;

  @ApiPropertyOptional({ nullable: true, type: Boolean })
  @IsOptional()
  @IsBoolean()
  enabled?: boolean | null;

  @ApiPropertyOptional({
    description: 'Keys that the metadata must have, each with this value',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;
}

/** Body of `POST /runs/crons/search`. */
export class SearchCronsDto extends CountCronsDto {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 10, nullable: true, description: 'The server has a maximum' })
  @IsOptional()
  @IsInt()
  @Min(1)
  limit?: number | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, nullable: true })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  offset?: number | null;

  @ApiPropertyOptional({ enum: CRON_ORDERS, default: 'created_at', nullable: true })
  @IsOptional()
  @IsIn(CRON_ORDERS)
  sort_by?: CronOrder | null;

  @ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc', nullable: true })
  @IsOptional()
  @IsIn(['asc', 'desc'])
  sort_order?: 'asc' | 'desc' | null;

  @ApiPropertyOptional({ enum: FIELDS, isArray: true, nullable: true, description: 'All fields but `now` unless given' })
  @IsOptional()
  @IsArray()
  @IsIn(FIELDS, { each: true })
  select?: string[] | null;
}
