import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsObject, IsOptional, IsString, ValidateBy } from 'class-validator';
import { isThreadId, THREAD_ID_RULE } from '../../../../protocol/thread-id.js';
import { AtMost, Nested } from '../../../../validation/client-fields.js';
import type { GivenTtl } from '../../../../threads/finding/thread-lifetime.js';
import { SuperstepDto } from './superstep.dto.js';
import { ThreadTtl } from './thread-ttl.js';

/** Body of `POST /threads`; every field may be left out. */
export class CreateThreadDto {
  @ApiPropertyOptional({
    description: `${THREAD_ID_RULE}; a UUIDv7 is made when there is none`,
    nullable: true,
    type: String,
  })
  @IsOptional()
  @IsString()
  @ValidateBy({
    name: 'isThreadId',
    validator: { validate: isThreadId, defaultMessage: () => `thread_id must be ${THREAD_ID_RULE}` },
  })
  thread_id?: string | null;

  @ApiPropertyOptional({
    description: 'Kept with the thread; `graph_id` binds it to a graph',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({
    description: 'When a thread has the id already',
    enum: ['raise', 'do_nothing'],
    default: 'raise',
  })
  @IsOptional()
  @IsIn(['raise', 'do_nothing'])
  if_exists?: 'raise' | 'do_nothing' | null;

  @ApiPropertyOptional({
    description: 'State to start with; needs `metadata.graph_id`',
    type: [SuperstepDto],
    nullable: true,
  })
  @IsOptional()
  @IsArray()
  @IsObject({ each: true })
  @AtMost('MAX_SUPERSTEPS')
  @Nested(() => SuperstepDto, { each: true })
  supersteps?: SuperstepDto[] | null;

  @ThreadTtl()
  ttl?: GivenTtl | null;
}
