import { getMetadataStorage, ValidationError, validateSync } from 'class-validator';
import type { Settings } from '../config/settings.js';
import { readingOf } from './client-fields.js';

type Class<T extends object = object> = new () => T;
/** The settings that a class's limits name. */
export type Limits = Readonly<Partial<Settings>>;
/** The fields of a class as they were read, or what is wrong with them. */
export type Read<T> = { readonly fields: T } | { readonly errors: ValidationError[] };

const FIELDS = new WeakMap<Class, readonly string[]>();

/** The fields of a class: those with a rule. */
function fieldsOf(type: Class): readonly string[] {
  let fields = FIELDS.get(type);
  if (!fields) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
    fields = [...new Set(rules.map(({ propertyName }) => propertyName))];
    FIELDS.set(type, fields);
  }
  return fields;
}

/**
 * Reads what a client sent into a class and checks the class's rules: first the limits, then the rest. Only the fields
 * that the class has are taken, and only where a field has a class of its own does anybody look inside; whatever else
 * came is handed on by reference, untouched. Keys that are no fields are ignored.
 */
export function readFields<T extends object>(type: Class<T>, given: object, limits: Limits): Read<T> {
  const exceeded: ValidationError[] = [];
  const fields = build(type, given, limits, exceeded) as T;
  const errors = exceeded.length > 0 ? exceeded : validateSync(fields, { forbidUnknownValues: false });
  return errors.length > 0 ? { errors } : { fields };
}

function build(type: Class, given: object, limits: Limits, exceeded: ValidationError[]): object {
  const instance = new type() as Record<string, unknown>;
  for (const field of fieldsOf(type)) {
    if (!Object.hasOwn(given, field)) continue;
    const { nested, readAs, atMost } = readingOf(type, field);
    let value = (given as Record<string, unknown>)[field];
    if (readAs) value = readAs(value);
    const error = atMost && overLimit(field, value, atMost, limits);
    if (error) exceeded.push(error);
    instance[field] = nested && !error ? buildNested(nested(), field, value, limits, exceeded) : value;
  }
  return instance;
}

function buildNested(type: Class, field: string, value: unknown, limits: Limits, exceeded: ValidationError[]): unknown {
  const wrong: ValidationError[] = [];
  const built = Array.isArray(value)
    ? value.map((item: unknown, index) => {
        const inItem: ValidationError[] = [];
        const instance = isObject(item) ? build(type, item, limits, inItem) : item;
        if (inItem.length > 0) wrong.push(errorAt(String(index), inItem));
        return instance;
      })
    : isObject(value) ? build(type, value, limits, wrong) : value;
  if (wrong.length > 0) exceeded.push(errorAt(field, wrong));
  return built;
}

function overLimit(
  field: string,
  value: unknown,
  [own, ofItems]: readonly (keyof Settings)[],
  limits: Limits,
): ValidationError | null {
  const size = sizeOf(value);
  if (own && size > limitOf(limits, own))
    return tooLong(field, `${field} may hold at most ${limitOf(limits, own)} entries (${own})`);
  if (!ofItems || !Array.isArray(value)) return null;
  const most = limitOf(limits, ofItems);
  const index = value.findIndex((item) => sizeOf(item) > most);
  return index < 0
    ? null
    : errorAt(field, [tooLong(String(index), `each entry of ${field} may hold at most ${most} entries (${ofItems})`)]);
}

function sizeOf(value: unknown): number {
  if (Array.isArray(value)) return value.length;
  return isObject(value) ? Object.keys(value).length : 0;
}

function limitOf(limits: Limits, name: keyof Settings): number {
  const limit = limits[name];
  if (typeof limit !== 'number') throw new TypeError(`the limit ${name} was not given`);
  return limit;
}

function tooLong(property: string, message: string): ValidationError {
  return Object.assign(new ValidationError(), { property, constraints: { arrayMaxSize: message } });
}

function errorAt(property: string, children: ValidationError[]): ValidationError {
  return Object.assign(new ValidationError(), { property, children });
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
