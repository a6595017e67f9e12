import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateBy } from 'class-validator';

/** A hundred years: an expiry that a date can hold. */
const MAX_MINUTES = 52_560_000;

function isMinutes(value: unknown): boolean {
  return typeof value === 'number' && value > 0 && value <= MAX_MINUTES;
}

function isTtl(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isMinutes(value);
  const { ttl, strategy } = value as { ttl?: unknown; strategy?: unknown };
  return isMinutes(ttl) && [undefined, null, 'delete', 'keep_latest'].includes(strategy as string);
}

/** The field `ttl` of a thread: minutes after its last change, or these and what happens then. */
export const ThreadTtl = (): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({
      description:
        'Minutes after its last change that the thread lives, or `{ttl, strategy}`: `delete` (default) removes it, ' +
        '`keep_latest` all of its checkpoints but the newest',
      oneOf: [
        { type: 'number', exclusiveMinimum: 0 as unknown as boolean },
        {
          type: 'object',
          required: ['ttl'],
          properties: { ttl: { type: 'number' }, strategy: { type: 'string', enum: ['delete', 'keep_latest'] } },
        },
      ],
      example: { ttl: 43_200, strategy: 'delete' },
      nullable: true,
    }),
    IsOptional(),
    ValidateBy({
      name: 'isTtl',
      validator: {
        validate: isTtl,
        defaultMessage: () =>
          `ttl must be minutes above 0, up to ${MAX_MINUTES}, or {"ttl": minutes, "strategy": "delete" or "keep_latest"}`,
      },
    }),
  );
