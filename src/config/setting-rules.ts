import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
import { entriesOf, isHostEntry, isOriginEntry } from './allowed-origins.js';
import { databasePath } from './database-url.js';

/** The largest delay that a Node timer takes; a longer one fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

const combine = (...rules: PropertyDecorator[]): PropertyDecorator => (target, key) => {
  for (const rule of rules) rule(target, key);
};

/** A whole number from `min` to `max`. */
export function WholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const top = max === Number.MAX_SAFE_INTEGER ? 'up' : `to ${max}`;
  const message = `must be a whole number from ${min} ${top}`;
  return combine(IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

/** A duration in whole milliseconds that a timer can wait. */
export const Milliseconds = (min: number): PropertyDecorator => WholeNumber(min, MAX_TIMER_MS);

/** `true`, `false`, `1` or `0`. */
export const Flag = (): PropertyDecorator => IsBoolean({ message: 'must be true, false, 1 or 0' });

/** One of a few words. */
export const OneOf = (words: readonly string[]): PropertyDecorator =>
  IsIn(words, { message: `must be one of ${words.join(', ')}` });

/** Text without white space, such as a host name. */
export function Word(): PropertyDecorator {
  const message = 'must be a text without white space, not empty';
  return combine(IsString({ message }), Matches(/^\S+$/, { message }));
}

/** Comma-separated entries, or empty. */
function ListOf(name: string, isEntry: (entry: string) => boolean, message: string): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && entriesOf(value).every(isEntry);
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } });
}

/** Comma-separated origins, `*` among them for all, or empty. */
export const OriginList = (): PropertyDecorator =>
  ListOf('originList', isOriginEntry, 'must be origins such as https://app.example,http://10.0.0.5:3000, or *');

/** Comma-separated host names or addresses, with or without a port, `*` among them for all, or empty. */
export const HostList = (): PropertyDecorator =>
  ListOf('hostList', isHostEntry, 'must be host names such as app.example,app.example:8443,[::1], or *');

/** `identity:key,identity:key`, or empty. Its value is a secret and is never shown. */
export const KeyList = (): PropertyDecorator =>
  Matches(/^(?:[^:,\s]+:[^,\s]+(?:,[^:,\s]+:[^,\s]+)*)?$/, { message: 'must be identity:key,identity:key' });

/** Any text without white space, or empty. Its value is never shown. */
export const Secret = (): PropertyDecorator => Matches(/^\S*$/, { message: 'must have no white space' });

/** A URL that `databasePath` understands; its message is what that function says. */
export function DatabaseUrl(): PropertyDecorator {
  const reasonAgainst = (value: unknown): string | null => {
    try {
      databasePath(String(value));
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  };
  return ValidateBy({
    name: 'databaseUrl',
    validator: {
      validate: (value) => reasonAgainst(value) === null,
      defaultMessage: (args) => reasonAgainst(args?.value) ?? '',
    },
  });
}
