import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, ValidateBy } from 'class-validator';
import { isStateField, STATE_FIELDS } from '../../../../threads/finding/state-selection.js';
import { Nested } from '../../../../validation/client-fields.js';
import { QueryList } from '../../../../validation/query-list.js';
import { CheckpointSelectorDto } from './checkpoint-selector.dto.js';

const TRUTHS = [true, false, 'true', 'false', '1', '0'];

const SELECT = {
  description: 'Fields of the answer; `values.<key>` is one of the values. All unless given',
  type: [String] as [StringConstructor],
  example: ['values.messages', 'next'],
  nullable: true,
};

/** The rules of a `select`, once it is a list. */
export function StateFields(): PropertyDecorator {
  return (target, key) => {
    IsOptional()(target, key);
    IsArray()(target, key);
    ArrayMaxSize(1_000)(target, key);
    ValidateBy({
      name: 'areStateFields',
      validator: {
        validate: (names) => Array.isArray(names) && names.every(isStateField),
        defaultMessage: () => `select may name values.<key>, ${STATE_FIELDS.join(', ')}`,
      },
    })(target, key);
  };
}

/** Query of the routes that read state. */
export class StateQueryDto {
  @ApiPropertyOptional(SELECT)
  @QueryList()
  @StateFields()
  select?: string[];

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

  @ApiPropertyOptional(SELECT)
  @StateFields()
  select?: string[] | null;
}

/** Reads a flag that SDKs send as a boolean or as text. */
export function isTrue(flag: boolean | string | null | undefined): boolean {
  return flag === true || flag === 'true' || flag === '1';
}
