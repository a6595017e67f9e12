import { ApiProperty } from '@nestjs/swagger';
import type { AssistantJson, AssistantVersionJson } from '../assistant-json.js';

const ASSISTANT_ID = 'fe096781-5601-53d2-b2f6-0d3403f7e9ca';

/** A version of an assistant, described for the OpenAPI document. */
export class AssistantVersionDto implements AssistantVersionJson {
  @ApiProperty({ example: ASSISTANT_ID })
  assistant_id: string;

  @ApiProperty({ example: 'agent' })
  graph_id: string;

  @ApiProperty({
    description: 'LangGraph config: `configurable`, `recursion_limit`, `tags`, `metadata`',
    type: 'object',
    additionalProperties: true,
    example: { configurable: { model: 'large' } },
  })
  config: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: {} })
  context: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { created_by: 'system' } })
  metadata: Record<string, unknown>;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ type: 'integer', example: 1 })
  version: number;

  @ApiProperty({ example: 'agent' })
  name: string;

  @ApiProperty({ type: String, nullable: true })
  description: string | null;
}

/** An assistant, described for the OpenAPI document. */
export class AssistantDto extends AssistantVersionDto implements AssistantJson {
  @ApiProperty({ format: 'date-time' })
  updated_at: string;
}
