import { createHash, timingSafeEqual } from 'node:crypto';

interface KnownKey {
  readonly owner: string;
  readonly digest: Buffer;
}

/** The keys that callers identify themselves with; kept as hashes, so that no dump of the process gives one away. */
export class ApiKeys {
  private readonly keys: readonly KnownKey[];

  /**
   * @param list AUTH_API_KEYS, `identity:key,identity:key`, an identity may have several; empty means that nobody is
   *   asked for a key
   */
  constructor(list: string) {
    this.keys = list.split(',').filter(Boolean).map((entry) => {
      const colon = entry.indexOf(':');
      return { owner: entry.slice(0, colon), digest: digestOf(entry.slice(colon + 1)) };
    });
  }

  /** Whether callers need a key at all. */
  get required(): boolean {
    return this.keys.length > 0;
  }

  /** Whose key it is, or null. Every known key is compared, each in constant time. */
  ownerOf(key: string): string | null {
    const digest = digestOf(key);
    let owner: string | null = null;
    for (const known of this.keys) if (timingSafeEqual(known.digest, digest)) owner = known.owner;
    return owner;
  }
}

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
