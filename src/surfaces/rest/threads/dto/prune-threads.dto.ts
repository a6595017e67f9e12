import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsArray, IsIn, IsOptional, IsString } from 'class-validator';
import { AtMost } from '../../../../validation/client-fields.js';

/** Body of `POST /threads/prune`. */
export class PruneThreadsDto {
  @ApiProperty({ type: [String] })
  @IsArray()
  @IsString({ each: true })
  @AtMost('MAX_SEARCH_LIMIT')
  thread_ids: string[];

  @ApiPropertyOptional({
    description: '`delete` removes the threads, `keep_latest` their checkpoints but the newest',
    enum: ['delete', 'keep_latest'],
    default: 'delete',
    nullable: true,
  })
  @IsOptional()
  @IsIn(['delete', 'keep_latest'])
  strategy?: 'delete' | 'keep_latest' | null;
}

export class ThreadsPrunedDto {
  @ApiProperty({ type: 'integer', description: 'Threads that were found and pruned' })
  pruned_count: number;
}
