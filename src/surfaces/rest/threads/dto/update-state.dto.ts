import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { Nested } from '../../../../validation/client-fields.js';
import { CheckpointSelectorDto } from './checkpoint-selector.dto.js';

/** Body of `POST /threads/{thread_id}/state`. */
export class UpdateStateDto {
  @ApiPropertyOptional({
    description: 'What the node `as_node` would return: an object, or what the graph takes',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  @IsOptional()
  values?: unknown;

  @ApiPropertyOptional({
    description: 'The node that the update counts as; else the one that wrote last',
    type: String,
    nullable: true,
  })
  @IsOptional()
  @IsString()
  as_node?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The checkpoint to branch off from; else the newest',
  })
  @IsOptional()
  @IsString()
  checkpoint_id?: string | null;

  @ApiPropertyOptional({ type: CheckpointSelectorDto, nullable: true })
  @IsOptional()
  @Nested(() => CheckpointSelectorDto)
  checkpoint?: CheckpointSelectorDto | null;
}

export class CheckpointDto {
  @ApiProperty()
  thread_id: string;

  @ApiProperty({ description: 'Empty at the root, else the levels joined by `|`' })
  checkpoint_ns: string;

  @ApiProperty()
  checkpoint_id: string;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, nullable: true })
  checkpoint_map: Record<string, string> | null;
}

export class StateUpdatedDto {
  @ApiProperty({ type: CheckpointDto })
  checkpoint: CheckpointDto;
}
