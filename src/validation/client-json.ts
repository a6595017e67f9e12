import type { Settings } from '../config/settings.js';
import { exceededBound } from './json-scan.js';

/** What a client sent cannot be taken as JSON; `status` is the one to answer with over HTTP. */
export class ClientJsonError extends Error {
  override readonly name = 'ClientJsonError';

  /** @param value what was sent, where it could be read */
  constructor(readonly status: 400 | 413 | 422, message: string, readonly value?: unknown) {
    super(message);
  }
}

type Bounds = Pick<Settings, 'MAX_BODY_DEPTH' | 'MAX_BODY_CONTAINERS'>;

const DECODER = new TextDecoder('utf-8', { fatal: true });

/** The key as JSON text may write it. Few texts have it: only those are looked through. */
const PROTOTYPE_KEY =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"\s*:/i;

/**
 * Parses what a client sent, on any transport, once it is known to be within the bounds. Every key is kept as it is,
 * also such as `constructor`; only `__proto__` is refused: whoever copies an object key by key, as libraries and graphs
 * do, would make it the prototype of the copy and lose it.
 * @throws ClientJsonError that says what is wrong
 */
export function parseClientJson(bytes: Buffer, { MAX_BODY_DEPTH, MAX_BODY_CONTAINERS }: Bounds): unknown {
  const exceeded = exceededBound(bytes, { depth: MAX_BODY_DEPTH, containers: MAX_BODY_CONTAINERS });
  if (exceeded === 'depth') {
    throw new ClientJsonError(400, `The JSON nests deeper than ${MAX_BODY_DEPTH} levels (MAX_BODY_DEPTH)`);
  }
  if (exceeded === 'containers') {
    throw new ClientJsonError(
      413,
      `The JSON has more than ${MAX_BODY_CONTAINERS} arrays and objects (MAX_BODY_CONTAINERS)`,
    );
  }
  const text = decode(bytes);
  const value = parse(text);
  if (PROTOTYPE_KEY.test(text) && hasPrototypeKey(value)) {
    throw new ClientJsonError(422, 'The key __proto__ cannot be kept; give it another name', value);
  }
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    // Replacing them silently would change the user's text.
    throw new ClientJsonError(400, 'The JSON is not valid UTF-8');
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClientJsonError(400, `This is not JSON: ${(error as Error).message}`);
  }
}

/** The depth is bounded before. */
function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
