import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { Nested } from '../../../../validation/client-fields.js';
import { CheckpointSelectorDto } from './checkpoint-selector.dto.js';

const TRUTHS = [true, false, 'true', 'false', '1', '0'];

/** Query of the routes that read state. */
export class StateQueryDto {
  @ApiPropertyOptional({ description: 'Whether `tasks[].state` is filled', enum: ['true', 'false'], default: 'false' })
  @IsOptional()
  @IsIn(TRUTHS, { message: 'subgraphs must be true or false' })
  subgraphs?: string;
}

/** Body of `POST /threads/{thread_id}/state/checkpoint`. */
export class ReadCheckpointDto {
  @ApiProperty({ type: CheckpointSelectorDto })
  @Nested(() => CheckpointSelectorDto)
  checkpoint: CheckpointSelectorDto;

  @ApiPropertyOptional({ description: 'Whether `tasks[].state` is filled', type: Boolean, default: false })
  @IsOptional()
  @IsIn(TRUTHS, { message: 'subgraphs must be true or false' })
  subgraphs?: boolean | string | null;
}

/** Reads a flag that SDKs send as a boolean or as text. */
export function isTrue(flag: boolean | string | null | undefined): boolean {
  return flag === true || flag === 'true' || flag === '1';
}
