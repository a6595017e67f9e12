import { ApiProperty } from '@nestjs/swagger';
import { IsObject, ValidateBy } from 'class-validator';
import { reservedNames } from '../../../../storage/checkpoint-metadata.js';
import { AtMost } from '../../../../validation/client-fields.js';

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Body of `PATCH /threads/{thread_id}/state`. */
export class PatchStateDto {
  @ApiProperty({
    description: 'Merged into the metadata of the newest checkpoint, key by key',
    type: 'object',
    additionalProperties: true,
    example: { reviewed: true },
  })
  @IsObject()
  @AtMost('MAX_SEARCH_FILTER_KEYS')
  @ValidateBy({
    name: 'isOwn',
    validator: {
      validate: (value) => isObject(value) && reservedNames(value).length === 0,
      defaultMessage: (args) =>
        `${isObject(args?.value) ? reservedNames(args.value).join(', ') : 'metadata'} cannot be given: the server writes it`,
    },
  })
  metadata: Record<string, unknown>;
}
