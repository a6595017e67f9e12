import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { z } from 'zod';
import { requestOf, runFields } from '../../../runs/requests/run-fields.js';
import type { RunStatus } from '../../../storage/rows/run.js';
import { QueryInteger, ReadAs } from '../../../validation/client-fields.js';

const STATUSES: RunStatus[] = ['pending', 'running', 'success', 'error', 'timeout', 'interrupted'];
const FIELDS = [
  'run_id', 'thread_id', 'assistant_id', 'created_at', 'updated_at', 'status', 'metadata', 'kwargs',
  'multitask_strategy', 'cancel_reason', 'error', 'error_type',
];

/** Older clients send a list as one JSON text. */
function toList(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!value.startsWith('[')) return [value];
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return [value];
  }
}

/** Query of `GET /threads/{thread_id}/runs`. */
export class ListRunsQuery {
  @ApiProperty({ required: false, default: 10, minimum: 1, maximum: 1000 })
  @IsOptional()
  @QueryInteger(1, 1000)
  limit = 10;

  @ApiProperty({ required: false, default: 0, minimum: 0 })
  @IsOptional()
  @QueryInteger(0)
  offset = 0;

  @ApiProperty({ required: false, enum: STATUSES })
  @IsOptional()
  @IsIn(STATUSES)
  status?: RunStatus;

  @ApiProperty({ required: false, enum: FIELDS, isArray: true })
  @IsOptional()
  @ReadAs(toList)
  @IsArray()
  @IsIn(FIELDS, { each: true })
  select?: string[];
}

/** Query of `POST /threads/{thread_id}/runs/{run_id}/cancel`. */
export class CancelRunQuery {
  @ApiProperty({ required: false, default: false, description: 'Answer when the run has ended (1 or true).' })
  @IsOptional()
  @IsIn(['0', '1', 'true', 'false'])
  wait?: string;

  @ApiProperty({ required: false, enum: ['interrupt', 'rollback'], default: 'interrupt' })
  @IsOptional()
  @IsIn(['interrupt', 'rollback'])
  action: 'interrupt' | 'rollback' = 'interrupt';

  @ApiProperty({ required: false, description: 'Kept with the run as cancel_reason.' })
  @IsOptional()
  @IsString()
  @MaxLength(1000)
  reason?: string;
}

/** Body of `POST /threads/{thread_id}/runs`. */
export const createRunRequest = requestOf({
  ...runFields,
  if_not_exists: z.enum(['reject', 'create'], 'must be reject or create').nullish(),
});
