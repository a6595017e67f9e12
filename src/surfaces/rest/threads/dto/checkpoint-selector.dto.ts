import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsObject, IsOptional, IsString } from 'class-validator';

/** Names a checkpoint of a thread: its newest at the root unless something is given. */
export class CheckpointSelectorDto {
  @ApiPropertyOptional({
    description: 'Namespace of a subgraph: its levels joined by `|` or by U+0000',
    type: String,
    nullable: true,
  })
  @IsOptional()
  @IsString()
  checkpoint_ns?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true })
  @IsOptional()
  @IsString()
  checkpoint_id?: string | null;

  @ApiPropertyOptional({
    description: 'Checkpoint ids by namespace',
    type: 'object',
    additionalProperties: { type: 'string' },
    nullable: true,
  })
  @IsOptional()
  @IsObject()
  checkpoint_map?: Record<string, string> | null;
}
