import { ApiProperty } from '@nestjs/swagger';
import { IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Min } from 'class-validator';

/** Body of `POST /threads/{thread_id}/commands`. Unknown keys are ignored. */
export class CommandRequest {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'Echoed in the answer.' })
  @IsInt()
  @Min(0)
  id: number;

  @ApiProperty({ description: 'The command, such as run.start.' })
  @IsString()
  @IsNotEmpty()
  method: string;

  @ApiProperty({ required: false, type: Object })
  @IsOptional()
  @IsObject()
  params?: Record<string, unknown> | null;
}
