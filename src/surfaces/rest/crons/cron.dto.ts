import { ApiProperty } from '@nestjs/swagger';

const EXAMPLE = '0199c0de-7a10-7000-8000-000000000001';
const TIME = '2027-01-04T08:00:00.000Z';

/** A cron in an answer. */
export class CronDto {
  @ApiProperty({ example: EXAMPLE })
  cron_id: string;

  @ApiProperty({ example: 'agent' })
  assistant_id: string;

  @ApiProperty({ nullable: true, type: String, description: 'Null: each run has a thread of its own' })
  thread_id: string | null;

  @ApiProperty({ required: false, enum: ['delete', 'keep'], description: 'Whether the threads of its runs go after them' })
  on_run_completed?: 'delete' | 'keep';

  @ApiProperty({ example: '0 9 * * MON-FRI' })
  schedule: string;

  @ApiProperty({ nullable: true, type: String, example: 'Europe/Berlin', description: 'Null is UTC' })
  timezone: string | null;

  @ApiProperty()
  enabled: boolean;

  @ApiProperty({ nullable: true, type: String, format: 'date-time' })
  end_time: string | null;

  @ApiProperty({ nullable: true, type: String, format: 'date-time', example: TIME, description: 'Null: it is over, or not enabled' })
  next_run_date: string | null;

  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What its runs are asked for' })
  payload: Record<string, unknown>;

  @ApiProperty({ type: 'object', additionalProperties: true })
  metadata: Record<string, unknown>;

  @ApiProperty({ nullable: true, type: String, description: 'Who made it' })
  user_id: string | null;

  @ApiProperty({ format: 'date-time', example: TIME })
  created_at: string;

  @ApiProperty({ format: 'date-time', example: TIME })
  updated_at: string;
}
