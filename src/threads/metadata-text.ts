import type { Settings } from '../config/settings.js';
import { LimitExceededError } from './limit-exceeded-error.js';

/**
 * Metadata of a thread or run as it is stored.
 * @param formerBytes what is stored so far: metadata from before there was the limit may stay, but not grow
 * @throws LimitExceededError above MAX_METADATA_BYTES
 */
export function metadataText(
  metadata: Record<string, unknown>,
  settings: Pick<Settings, 'MAX_METADATA_BYTES'>,
  formerBytes = 0,
): string {
  const text = JSON.stringify(metadata);
  const bytes = Buffer.byteLength(text);
  if (bytes <= Math.max(settings.MAX_METADATA_BYTES, formerBytes)) return text;
  throw new LimitExceededError(
    'metadata',
    `metadata has ${bytes} bytes as JSON, together with what is stored already; MAX_METADATA_BYTES allows ${settings.MAX_METADATA_BYTES}`,
  );
}
