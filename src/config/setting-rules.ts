import { IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min, ValidateBy } from 'class-validator';
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

/** Text without white space, such as a host name; may be empty only if told so. */
export function Word(options: { mayBeEmpty?: boolean } = {}): PropertyDecorator {
  const message = options.mayBeEmpty ? 'must not contain white space' : 'must be a text without white space, not empty';
  return combine(IsString({ message }), Matches(options.mayBeEmpty ? /^\S*$/ : /^\S+$/, { message }));
}

/** `identity:key,identity:key`, or empty. Its value is a secret and is never shown. */
export const KeyList = (): PropertyDecorator =>
  Matches(/^(?:[^:,\s]+:[^,\s]+(?:,[^:,\s]+:[^,\s]+)*)?$/, { message: 'must be identity:key,identity:key' });

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
