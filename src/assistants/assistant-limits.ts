import { UnprocessableEntityException } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { validationIssue } from '../protocol/validation-issue.js';
import type { AssistantRow } from '../storage/assistant-storage.js';
import { countLeaves } from '../storage/json-containment.js';
import { LimitExceededError } from '../threads/limit-exceeded-error.js';
import { metadataText } from '../threads/metadata-text.js';

/**
 * @param former what was stored so far: metadata from before there was the limit may stay, but not grow
 * @throws LimitExceededError above MAX_METADATA_BYTES or MAX_ASSISTANT_BYTES
 */
export function assertRoom(row: AssistantRow, settings: Settings, former?: AssistantRow): void {
  metadataText(row.metadata, settings, former && Buffer.byteLength(JSON.stringify(former.metadata)));
  const { config, context, description } = row;
  const bytes = Buffer.byteLength(JSON.stringify([config, context, description]));
  if (bytes <= settings.MAX_ASSISTANT_BYTES) return;
  throw new LimitExceededError(
    'config',
    `config, context and description have ${bytes} bytes as JSON; MAX_ASSISTANT_BYTES allows ${settings.MAX_ASSISTANT_BYTES}`,
  );
}

/** @throws LimitExceededError above MAX_METADATA_FILTER_VALUES: each is compared with all that an assistant has */
export function assertFilter(metadata: object | null, { MAX_METADATA_FILTER_VALUES: most }: Settings): void {
  const values = metadata === null ? 0 : countLeaves(metadata);
  if (values <= most) return;
  throw new LimitExceededError(
    'metadata',
    `metadata has ${values} values to compare; MAX_METADATA_FILTER_VALUES allows ${most}`,
  );
}

/** @returns the limit. @throws UnprocessableEntityException above MAX_SEARCH_LIMIT */
export function checkedLimit(limit: number, { MAX_SEARCH_LIMIT: most }: Settings): number {
  if (limit <= most) return limit;
  const issue = validationIssue(
    ['body', 'limit'],
    `limit must be at most ${most} (MAX_SEARCH_LIMIT)`,
    'less_than_equal',
    limit,
  );
  throw new UnprocessableEntityException({ detail: [issue] });
}
