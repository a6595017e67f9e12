import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional } from 'class-validator';

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

  @ApiPropertyOptional({
    description: 'Accepted for compatibility; threads are kept until they are deleted',
    nullable: true,
    type: Object,
  })
  @IsOptional()
  ttl?: unknown;
}
