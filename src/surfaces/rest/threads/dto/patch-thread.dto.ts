import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional } from 'class-validator';
import type { GivenTtl } from '../../../../threads/finding/thread-lifetime.js';
import { ThreadTtl } from './thread-ttl.js';

/** Body of `PATCH /threads/{thread_id}`. */
export class PatchThreadDto {
  @ApiPropertyOptional({
    description: 'Merged into the metadata, key by key',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @ThreadTtl()
  ttl?: GivenTtl | null;
}
