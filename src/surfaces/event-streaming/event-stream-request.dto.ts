import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { IsArray, IsInt, IsOptional, IsString, Min, ValidateBy } from 'class-validator';
import { AtMost } from '../../validation/client-fields.js';

/** True for an array of arrays of strings. */
function isNamespaceList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((path) => Array.isArray(path) && path.every((segment) => typeof segment === 'string'))
  );
}

/**
 * Body for `POST /threads/{thread_id}/stream/events`. It has no run id: the stream carries the events of whatever
 * runs execute on the thread. Unknown keys are ignored.
 */
@ApiSchema({
  description:
    'Body for POST /threads/{thread_id}/stream/events. Thread-scoped: no run id, the stream carries the events of ' +
    'whatever runs execute on the thread.',
})
export class EventStreamRequest {
  @ApiProperty({
    title: 'Channels',
    description: 'Channels to subscribe to (e.g. messages, values, lifecycle).',
    type: [String],
  })
  @IsArray()
  @AtMost('MAX_FILTER_CHANNELS')
  @IsString({ each: true })
  channels: string[];

  @ApiProperty({
    title: 'Namespaces',
    description: 'Subgraph namespace prefixes to include.',
    required: false,
    anyOf: [{ type: 'array', items: { type: 'array', items: { type: 'string' } } }, { type: 'null' as never }],
  })
  @IsOptional()
  @AtMost('MAX_FILTER_NAMESPACES', 'MAX_NAMESPACE_SEGMENTS')
  @ValidateBy({
    name: 'isNamespaceList',
    validator: { validate: isNamespaceList, defaultMessage: () => 'namespaces must be a list of lists of strings' },
  })
  namespaces?: string[][] | null;

  @ApiProperty({
    title: 'Depth',
    description: 'Max subgraph nesting depth to include.',
    required: false,
    anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' as never }],
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  depth?: number | null;

  @ApiProperty({
    title: 'Since',
    description: 'Last seq the client saw; events at or below it are skipped on resume.',
    required: false,
    anyOf: [{ type: 'integer', minimum: 0 }, { type: 'null' as never }],
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  since?: number | null;

  @ApiProperty({
    title: 'Since Event Id',
    description: 'Like since, with the event_id of the last event the client saw.',
    required: false,
    anyOf: [{ type: 'string' }, { type: 'null' as never }],
  })
  @IsOptional()
  @IsString()
  since_event_id?: string | null;
}
