import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Thread } from '../../../../threads/thread.js';
import type { PendingInterrupt } from '../../../../threads/thread-state.js';
import { QueryList } from '../../../../validation/query-list.js';

/** A thread, described for the OpenAPI document. */
export class ThreadDto implements Thread {
  @ApiProperty()
  thread_id: string;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  @ApiProperty({ format: 'date-time' })
  state_updated_at: string;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata: Record<string, unknown>;

  @ApiProperty({ enum: ['idle', 'busy', 'interrupted', 'error'] })
  status: Thread['status'];

  @ApiProperty({ description: 'Values of the newest checkpoint', type: 'object', additionalProperties: true })
  values: unknown;

  @ApiProperty({
    description: 'Open interrupts by the id of their task', type: 'object',
    additionalProperties: { type: 'array', items: { type: 'object', additionalProperties: true } },
  })
  interrupts: Record<string, PendingInterrupt[]>;

  @ApiProperty({ type: 'object', additionalProperties: true })
  config: Record<string, unknown>;

  @ApiPropertyOptional({ description: 'Why the last run failed' })
  error?: string;

  @ApiPropertyOptional({
    description: 'Its time to live, with `include=ttl`',
    type: 'object',
    properties: {
      strategy: { type: 'string', enum: ['delete', 'keep_latest'] },
      ttl_minutes: { type: 'number' },
      expires_at: { type: 'string', format: 'date-time' },
    },
  })
  ttl?: Thread['ttl'];

  @ApiPropertyOptional({
    description: 'What `extract` of a search asked for',
    type: 'object',
    additionalProperties: true,
  })
  extracted?: Record<string, unknown>;
}

/** Query of `GET /threads/{thread_id}`. */
export class ThreadQueryDto {
  @ApiPropertyOptional({ description: 'What else the answer is to have: `ttl`', type: [String] })
  @IsOptional()
  @QueryList({ separator: ',' })
  include?: string[];
}
