import { ApiPropertyOptional, ApiProperty } from '@nestjs/swagger';
import { ArrayMinSize, IsArray, IsObject, IsOptional, IsString } from 'class-validator';
import { AtMost, Nested } from '../../../../validation/client-fields.js';

/** One write of a superstep, as if the node `as_node` had made it. */
export class SuperstepUpdateDto {
  @ApiPropertyOptional({
    description: 'What the node returns',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  values?: unknown;

  @ApiPropertyOptional({
    description: 'A command instead of values',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  command?: Record<string, unknown> | null;

  @ApiPropertyOptional({ description: 'The node; `__start__` for the input of the graph' })
  @IsOptional()
  @IsString()
  as_node?: string | null;
}

/** Updates that make one checkpoint together. */
export class SuperstepDto {
  @ApiProperty({ type: [SuperstepUpdateDto] })
  @IsArray()
  @ArrayMinSize(1)
  @IsObject({ each: true })
  @AtMost('MAX_SUPERSTEPS')
  @Nested(() => SuperstepUpdateDto, { each: true })
  updates: SuperstepUpdateDto[];
}
