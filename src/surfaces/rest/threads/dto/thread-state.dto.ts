import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ThreadState, ThreadTask } from '../../../../threads/thread-state.js';
import { CheckpointDto } from './update-state.dto.js';

export class InterruptDto {
  @ApiProperty()
  id: string;

  @ApiProperty({ description: 'What the graph gave to interrupt()', type: Object })
  value: unknown;

  @ApiPropertyOptional({ description: 'JSON Schema of the answer', type: 'object', additionalProperties: true })
  response_schema?: unknown;
}

export class ThreadTaskDto implements Omit<ThreadTask, 'state'> {
  @ApiProperty()
  id: string;

  @ApiProperty()
  name: string;

  @ApiProperty({ type: 'array', items: {} })
  path: unknown[];

  @ApiProperty({ type: String, nullable: true })
  error: string | null;

  @ApiProperty({ type: [InterruptDto] })
  interrupts: InterruptDto[];

  @ApiProperty({
    description: 'Of the subgraph that the task runs',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  checkpoint: ThreadTask['checkpoint'];

  @ApiProperty({
    description: 'State of the subgraph, when asked for',
    type: 'object',
    additionalProperties: true,
    nullable: true,
  })
  state: unknown;

  @ApiProperty({ type: Object, nullable: true })
  result: unknown;
}

/** The state of a thread, described for the OpenAPI document. */
export class ThreadStateDto implements Omit<ThreadState, 'tasks'> {
  @ApiProperty({ type: 'object', additionalProperties: true })
  values: unknown;

  @ApiProperty({ type: [String], description: 'Nodes that would run next' })
  next: string[];

  @ApiProperty({ type: [ThreadTaskDto] })
  tasks: ThreadTaskDto[];

  @ApiProperty({ type: 'object', additionalProperties: true, description: '`step`, `source`, `parents` and more' })
  metadata: Record<string, unknown>;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Time of the checkpoint' })
  created_at: string | null;

  @ApiProperty({ type: CheckpointDto, nullable: true })
  checkpoint: CheckpointDto | null;

  @ApiProperty({ type: CheckpointDto, nullable: true })
  parent_checkpoint: CheckpointDto | null;

  @ApiProperty({ type: [InterruptDto] })
  interrupts: InterruptDto[];

  @ApiProperty({ type: String, nullable: true })
  checkpoint_id: string | null;

  @ApiProperty({ type: String, nullable: true })
  parent_checkpoint_id: string | null;
}
