import { Allow, IsInt, IsObject, Max, Min, ValidateNested } from 'class-validator';
import type { Settings } from '../config/settings.js';

type Class = new () => object;

/** Settings that are numbers. */
type LimitName = { [Name in keyof Settings]: Settings[Name] extends number ? Name : never }[keyof Settings];

/** How a field is read from what a client sent, before its rules are checked. */
export interface FieldReading {
  /** Class of the field's value, or of each item of a list. */
  readonly nested?: () => Class;
  /** Makes the value of what was given; what it cannot use it leaves, for the rules to refuse. */
  readonly readAs?: (given: unknown) => unknown;
  /** Settings: how many items or keys the value may have, and how many each of its items. */
  readonly atMost?: readonly LimitName[];
}

const READINGS = new WeakMap<object, Map<string, FieldReading>>();

/** How the fields of a class are read, those of the classes above it included. */
export function readingOf(type: Class, field: string): FieldReading {
  for (
    let prototype: object | null = type.prototype as object;
    prototype;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    const reading = READINGS.get(prototype)?.get(field);
    if (reading) return reading;
  }
  return {};
}

function note(reading: FieldReading): PropertyDecorator {
  return (prototype, field) => {
    const known = READINGS.get(prototype) ?? new Map<string, FieldReading>();
    READINGS.set(prototype, known.set(String(field), { ...known.get(String(field)), ...reading }));
  };
}

/** A field for the user's own data: it has no rule, nobody looks into it, and it is handed on as it came. */
export const UserData = (): PropertyDecorator => Allow();

/** A field, or a list, of objects that have a class of their own. */
export function Nested(type: () => Class, options: { each?: boolean } = {}): PropertyDecorator {
  return (prototype, field) => {
    note({ nested: type })(prototype, field);
    IsObject(options)(prototype, field);
    ValidateNested(options)(prototype, field);
  };
}

/** A field whose text is turned into something else before its rules are checked. */
export const ReadAs = (readAs: (given: unknown) => unknown): PropertyDecorator => note({ readAs });

/**
 * A list, or an object, with at most so many items or keys, and each of its items with at most so many. It is checked
 * before any other rule, since those look at every item.
 */
export const AtMost = (...atMost: readonly LimitName[]): PropertyDecorator => note({ atMost });

/** A whole number of a query string; one above what a database or JSON can hold exactly is refused. */
export function QueryInteger(min: number, max: number = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const rules = [ReadAs(wholeNumber), IsInt(), Min(min), Max(max)];
  return (prototype, field) => rules.forEach((rule) => rule(prototype, field));
}

function wholeNumber(given: unknown): unknown {
  return typeof given === 'string' && /^-?\d+$/.test(given) ? Number(given) : given;
}
