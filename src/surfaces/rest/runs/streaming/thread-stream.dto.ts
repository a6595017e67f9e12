import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { THREAD_STREAM_MODES, type ThreadStreamMode } from '../../../../projections/run-frames/thread-frames.js';
import { ReadAs } from '../../../../validation/client-fields.js';
import { toNames } from '../thread-runs.dto.js';

/** Query of `GET /threads/{thread_id}/stream`; other parameters are ignored. */
export class StreamThreadQuery {
  @ApiProperty({
    required: false,
    enum: THREAD_STREAM_MODES,
    isArray: true,
    default: ['run_modes'],
    description:
      'run_modes: every run as its own stream shows it; lifecycle: where runs stand; ' +
      'state_update: values and checkpoints of the root, also those that are made outside of a run.',
  })
  @IsOptional()
  @ReadAs(toNames)
  @IsArray()
  @IsIn(THREAD_STREAM_MODES, { each: true })
  stream_mode?: ThreadStreamMode[];

  @ApiProperty({ required: false, enum: THREAD_STREAM_MODES, isArray: true, description: 'Counts with stream_mode.' })
  @IsOptional()
  @ReadAs(toNames)
  @IsArray()
  @IsIn(THREAD_STREAM_MODES, { each: true })
  stream_modes?: ThreadStreamMode[];

  @ApiProperty({ required: false, description: 'For clients without the header Last-Event-ID, which counts before it.' })
  @IsOptional()
  @IsString()
  last_event_id?: string;
}
