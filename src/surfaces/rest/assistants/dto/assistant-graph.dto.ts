import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, ValidateBy } from 'class-validator';
import { ReadAs } from '../../../../validation/client-fields.js';
import type { SchemasJson } from '../assistant-json.js';

const FLAGS: ReadonlyMap<unknown, boolean> = new Map([['true', true], ['false', false], ['0', false]]);

function readXray(given: unknown): unknown {
  const flag = FLAGS.get(typeof given === 'string' ? given.toLowerCase() : given);
  if (flag !== undefined) return flag;
  return typeof given === 'string' && /^[1-9]\d{0,8}$/.test(given) ? Number(given) : given;
}

/** Query of `GET /assistants/{assistant_id}/graph`. */
export class DrawGraphQuery {
  @ApiPropertyOptional({
    description: 'Whether subgraphs are drawn, or down to how many levels',
    oneOf: [{ type: 'boolean' }, { type: 'integer', minimum: 0 }],
    default: false,
  })
  @IsOptional()
  @ReadAs(readXray)
  @ValidateBy({
    name: 'isXray',
    validator: {
      validate: (value) => typeof value === 'boolean' || typeof value === 'number',
      defaultMessage: () => 'xray must be true, false or a whole number',
    },
  })
  xray: boolean | number = false;
}

/** Query of `GET /assistants/{assistant_id}/subgraphs`. */
export class SubgraphsQuery {
  @ApiPropertyOptional({ description: 'Also those of subgraphs', enum: ['true', 'false'], default: 'false' })
  @IsOptional()
  @ReadAs((given) => (typeof given === 'string' ? given.toLowerCase() : given))
  @IsIn(['true', 'false', '1', '0'], { message: 'recurse must be true or false' })
  recurse?: string;
}

const schema = { type: 'object', additionalProperties: true, nullable: true, description: 'JSON Schema' } as const;

/** What a graph takes and gives, described for the OpenAPI document. */
export class GraphSchemasDto implements SchemasJson {
  @ApiProperty({ example: 'agent' })
  graph_id: string;

  @ApiProperty(schema)
  input_schema: Record<string, unknown> | null;

  @ApiProperty(schema)
  output_schema: Record<string, unknown> | null;

  @ApiProperty(schema)
  state_schema: Record<string, unknown> | null;

  @ApiProperty(schema)
  config_schema: Record<string, unknown> | null;

  @ApiProperty(schema)
  context_schema: Record<string, unknown> | null;
}
