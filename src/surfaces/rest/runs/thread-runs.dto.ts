import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { STREAM_MODES } from '../../../protocol/stream-mode.js';
import type { RunStatus } from '../../../storage/rows/run.js';
import { AtMost, QueryInteger, ReadAs } from '../../../validation/client-fields.js';

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

/** The same where a text that is empty names nothing: some clients send a parameter that they have no value for. */
export function toNames(value: unknown): unknown {
  return value === '' ? [] : toList(value);
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
  @ReadAs(toNames)
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

/** Query of `GET .../runs/{run_id}/join`. */
export class JoinRunQuery {
  @ApiProperty({ required: false, default: false, description: 'Cancel the run when this client goes (1 or true).' })
  @IsOptional()
  @IsIn(['0', '1', 'true', 'false'])
  cancel_on_disconnect?: string;
}

/** Query of `GET .../runs/{run_id}/stream`; other parameters are ignored. */
export class StreamRunQuery extends JoinRunQuery {
  @ApiProperty({
    required: false,
    enum: STREAM_MODES,
    isArray: true,
    description: 'As the run was asked for, unless given.',
  })
  @IsOptional()
  @ReadAs(toNames)
  @IsArray()
  @IsString({ each: true })
  stream_mode?: string[];

  @ApiProperty({
    required: false,
    isArray: true,
    type: String,
    description: 'Namespaces to show, each as its segments joined by |; an empty one is the root.',
  })
  @IsOptional()
  @ReadAs(toList)
  @IsArray()
  @IsString({ each: true })
  namespace?: string[];

  @ApiProperty({
    required: false,
    description: 'Only what comes after this checkpoint of the run; of another, all of it.',
  })
  @IsOptional()
  @IsString()
  checkpoint_id?: string;
}

/** Query of `POST /runs/cancel`. */
export class CancelRunsQuery {
  @ApiProperty({ required: false, enum: ['interrupt', 'rollback'], default: 'interrupt' })
  @IsOptional()
  @IsIn(['interrupt', 'rollback'])
  action: 'interrupt' | 'rollback' = 'interrupt';
}

/** Body of `POST /runs/cancel`: runs by their ids, or by their status. */
export class CancelRunsRequest {
  @ApiProperty({ required: false, type: String, nullable: true, description: 'Needed with run_ids.' })
  @IsOptional()
  @IsString()
  thread_id?: string | null;

  @ApiProperty({ required: false, type: [String], nullable: true })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  @AtMost('MAX_BATCH_RUNS')
  run_ids?: string[] | null;

  @ApiProperty({ required: false, enum: ['pending', 'running', 'all'], nullable: true })
  @IsOptional()
  @IsIn(['pending', 'running', 'all'])
  status?: 'pending' | 'running' | 'all' | null;
}
