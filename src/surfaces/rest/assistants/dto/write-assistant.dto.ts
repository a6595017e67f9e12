import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsObject, IsOptional, IsString, IsUUID, MaxLength, Min, MinLength } from 'class-validator';
import { ReadAs } from '../../../../validation/client-fields.js';

/** Characters of a name. */
const MAX_NAME_LENGTH = 256;
const data = (description: string): object => ({
  description,
  type: 'object',
  additionalProperties: true,
  nullable: true,
});

/** What both bodies have; a field that is null counts as absent. */
class AssistantFieldsDto {
  @ApiPropertyOptional(data('LangGraph config of its runs: `configurable`, `recursion_limit`, `tags`, `metadata`'))
  @IsOptional()
  @IsObject()
  config?: Record<string, unknown> | null;

  @ApiPropertyOptional(data('Context of its runs'))
  @IsOptional()
  @IsObject()
  context?: Record<string, unknown> | null;

  @ApiPropertyOptional(data('Labels of the assistant and of its runs; a change is merged key by key'))
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_NAME_LENGTH })
  @IsOptional()
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_NAME_LENGTH)
  name?: string | null;

  @ApiPropertyOptional({ description: 'null takes it away', type: String, nullable: true })
  @IsOptional()
  @IsString()
  description?: string | null;
}

/** Body of `POST /assistants`. */
export class CreateAssistantDto extends AssistantFieldsDto {
  @ApiProperty({ description: 'A graph of langgraph.json', example: 'agent' })
  @IsString()
  graph_id: string;

  @ApiPropertyOptional({ description: 'A UUIDv7 is made when there is none', format: 'uuid', nullable: true, type: String })
  @IsOptional()
  @IsUUID('loose')
  assistant_id?: string | null;

  @ApiPropertyOptional({ description: 'When an assistant has the id', enum: ['raise', 'do_nothing'], default: 'raise' })
  @IsOptional()
  @IsIn(['raise', 'do_nothing'])
  if_exists?: 'raise' | 'do_nothing' | null;
}

/** Body of `PATCH /assistants/{assistant_id}`. */
export class PatchAssistantDto extends AssistantFieldsDto {
  @ApiPropertyOptional({ description: 'Another graph of langgraph.json', type: String, nullable: true })
  @IsOptional()
  @IsString()
  graph_id?: string | null;
}

/** Body of `POST /assistants/{assistant_id}/latest`. */
export class LatestVersionDto {
  @ApiProperty({ type: 'integer', minimum: 1, example: 1 })
  @IsInt()
  @Min(1)
  version: number;
}

/** Query of `DELETE /assistants/{assistant_id}`. */
export class DeleteAssistantQuery {
  @ApiPropertyOptional({ description: 'Its threads as well', enum: ['true', 'false'], default: 'false' })
  @IsOptional()
  @ReadAs((given) => (typeof given === 'string' ? given.toLowerCase() : given))
  @IsIn(['true', 'false', '1', '0'], { message: 'delete_threads must be true or false' })
  delete_threads?: string;
}
