import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Max, Min } from 'class-validator';

/** How many a page has at most; the server has a maximum of its own. */
export function PageLimit(fallback = 10): PropertyDecorator {
  const description = 'At most so many, within the maximum of the server';
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 1, default: fallback, nullable: true, description }),
    IsOptional(),
    IsInt(),
    Min(1),
  );
}

/** How many come before the page. */
export function PageOffset(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 0, default: 0, nullable: true }),
    IsOptional(),
    IsInt(),
    Min(0),
    Max(Number.MAX_SAFE_INTEGER),
  );
}

/** `asc` or `desc`. */
export function SortOrder(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({ enum: ['asc', 'desc'], default: 'desc', nullable: true }),
    IsOptional(),
    IsIn(['asc', 'desc']),
  );
}
