import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsNotEmpty, IsOptional, IsString, ValidateBy } from 'class-validator';
import { isThreadId, THREAD_ID_RULE } from '../../protocol/thread-id.js';
import type { MultitaskStrategy } from '../../storage/rows/run.js';
import { Nested, QueryInteger, UserData } from '../../validation/client-fields.js';

const STRATEGIES: MultitaskStrategy[] = ['enqueue', 'reject', 'interrupt', 'rollback'];

const IsThreadId = (): PropertyDecorator =>
  ValidateBy({
    name: 'isThreadId',
    validator: { validate: isThreadId, defaultMessage: () => `threadId must be ${THREAD_ID_RULE}` },
  });

/** `options` of `POST /api/executions`. */
export class ExecutionOptions {
  @ApiProperty({ required: false, description: 'The LangGraph thread to run on; a new one unless given.' })
  @IsOptional()
  @IsThreadId()
  threadId?: string | null;

  @ApiProperty({
    required: false,
    enum: STRATEGIES,
    default: 'enqueue',
    description: 'What to do when that thread is busy.',
  })
  @IsOptional()
  @IsIn(STRATEGIES)
  multitaskStrategy?: MultitaskStrategy | null;
}

/** Body of `POST /api/executions`. Unknown keys are ignored. */
export class CreateExecutionRequest {
  @ApiProperty({ description: 'A graph id or an assistant id.' })
  @IsString()
  @IsNotEmpty()
  patternName: string;

  @ApiProperty({ required: false, type: Object, nullable: true, description: 'Input of the graph.' })
  @UserData()
  input?: unknown;

  @ApiProperty({ required: false, type: ExecutionOptions })
  @IsOptional()
  @Nested(() => ExecutionOptions)
  options?: ExecutionOptions | null;

  @ApiProperty({ required: false, description: 'Accepted and not called: webhookConfigured in the answer is false.' })
  @UserData()
  webhook?: unknown;
}

/** Query of `GET /api/executions`. */
export class ListExecutionsQuery {
  @ApiProperty({ required: false, default: 50, minimum: 1, maximum: 1000 })
  @IsOptional()
  @QueryInteger(1, 1000)
  limit = 50;

  @ApiProperty({ required: false, default: 0, minimum: 0 })
  @IsOptional()
  @QueryInteger(0)
  offset = 0;

  @ApiProperty({ required: false, description: 'Only the executions on this LangGraph thread.' })
  @IsOptional()
  @IsThreadId()
  threadId?: string;
}

/** The answer to an accepted execution. */
export class AcceptedExecution {
  @ApiProperty({ example: 'exec-01a1fb61-3479-7199-a676-00269d4d93e3' })
  id: string;

  @ApiProperty({ enum: ['accepted'] })
  status: 'accepted';

  @ApiProperty()
  message: string;

  @ApiProperty({ description: 'Streams the execution from its first event.' })
  streamUrl: string;

  @ApiProperty()
  webhookConfigured: boolean;
}
