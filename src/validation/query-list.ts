import { IsArray, IsString } from 'class-validator';
import { ReadAs } from './client-fields.js';

/**
 * A list in a query string: the parameter given several times, or once as the text of a JSON list, as older clients do;
 * with `separator` also as one text. A single value is a list of one.
 */
export function QueryList(options: { separator?: string } = {}): PropertyDecorator {
  return (target, key) => {
    ReadAs((given) => listOf(given, options.separator))(target, key);
    IsArray()(target, key);
    IsString({ each: true })(target, key);
  };
}

function listOf(given: unknown, separator: string | undefined): unknown {
  if (Array.isArray(given)) return (given as unknown[]).flatMap((item) => partsOf(item, separator));
  if (typeof given !== 'string' || !given.startsWith('[')) return partsOf(given, separator);
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return partsOf(given, separator);
  }
}

function partsOf(value: unknown, separator: string | undefined): unknown[] {
  if (typeof value !== 'string') return [value];
  return separator === undefined ? [value] : value.split(separator).map((part) => part.trim());
}
