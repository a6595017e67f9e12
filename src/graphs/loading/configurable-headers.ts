import { isOwnKey } from './own-keys.js';

/** What says who a caller is, or was written by a proxy: never a graph's business. Names in lower case, `*` is any. */
const NEVER = anyOf([
  'authorization', 'proxy-authorization', 'cookie', 'set-cookie', 'x-api-key', 'x-auth-*', 'x-service-key',
  'x-tenant-id', 'x-forwarded-*', 'x-real-ip', 'forwarded', 'sec-websocket-*',
]);

const BY_DEFAULT = ['x-*'];

/** Headers of a request as Node has them: names in lower case. */
type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Which headers of a request are copied into `config.configurable` of the runs that it makes. */
export class ConfigurableHeaders {
  private readonly included: RegExp;
  private readonly excluded: RegExp;

  /**
   * @param includes names or patterns, `*` is any text; those that begin with `x-` unless given
   * @param excludes the same; they win. Credentials are never copied
   */
  constructor(includes: readonly string[] = BY_DEFAULT, excludes: readonly string[] = []) {
    this.included = anyOf(includes);
    this.excluded = anyOf(excludes);
  }

  /** The headers that are copied, by their names in lower case. A name that the server sets itself is none. */
  pick(headers: RequestHeaders): Record<string, string> {
    const picked = Object.entries(headers).flatMap(([given, value]): [string, string][] => {
      const name = given.toLowerCase();
      const isWanted = this.included.test(name) && !this.excluded.test(name) && !NEVER.test(name) && !isOwnKey(name);
      return isWanted && value !== undefined ? [[name, Array.isArray(value) ? value.join(', ') : value]] : [];
    });
    return Object.fromEntries(picked);
  }
}

function anyOf(patterns: readonly string[]): RegExp {
  const sources = patterns.map((pattern) =>
    pattern.toLowerCase().replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*'),
  );
  // Without a pattern nothing fits.
  return sources.length === 0 ? /(?!)/ : new RegExp(`^(?:${sources.join('|')})$`);
}
