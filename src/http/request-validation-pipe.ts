import { type ArgumentMetadata, Injectable, type PipeTransform, UnprocessableEntityException } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { Settings } from '../config/settings.js';
import { validationIssue, type ValidationIssue } from '../protocol/validation-issue.js';
import { readFields } from '../validation/read-fields.js';

/** Codes that clients of the Agent Protocol know, by the decorator that failed; any other is `value_error`. */
const TYPES: Record<string, string> = {
  isString: 'string_type', isArray: 'list_type', isInt: 'int_type', isNumber: 'float_type', isBoolean: 'bool_type',
  isObject: 'dict_type', nestedValidation: 'model_attributes_type', min: 'greater_than_equal', max: 'less_than_equal',
  isIn: 'enum', isEnum: 'enum', arrayMaxSize: 'too_long', maxLength: 'string_too_long', arrayMinSize: 'too_short',
  minLength: 'string_too_short', isUuid: 'uuid_parsing', isDefined: 'missing',
};

/** Issues that one answer tells of; nobody reads more, and a client could make any number. */
const MAX_ISSUES = 100;

/**
 * Reads what came into the class of the handler's parameter (`readFields`). What is wrong is answered 422 as
 * `HTTPValidationError`, each issue with its `loc` from the body (or query, or path) down, indexes as numbers.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  constructor(private readonly settings: Settings) {}

  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'body') assertObject(value);
    if (type === 'custom' || !metatype || BUILT_IN.has(metatype)) return value;
    const read = readFields(metatype as new () => object, value ?? {}, this.settings);
    if ('fields' in read) return read.fields;
    const from = type === 'param' ? 'path' : type;
    throw new UnprocessableEntityException({ detail: issuesOf(read.errors, [from], value).slice(0, MAX_ISSUES) });
  }
}

/** Types of parameters that have no rules. */
const BUILT_IN: ReadonlySet<unknown> = new Set([String, Number, Boolean, Array, Object, Promise, Function]);

function assertObject(body: unknown): void {
  if (body === undefined || body === null) return;
  if (typeof body === 'object' && !Array.isArray(body)) return;
  const issue = validationIssue(['body'], 'Input should be a JSON object', 'model_attributes_type', body);
  throw new UnprocessableEntityException({ detail: [issue] });
}

/**
 * Flattens nested errors into issues: for each wrong value one, with the deepest `loc`.
 * @param source what was validated, as it came: the errors do not tell an index from a name
 */
export function issuesOf(errors: ValidationError[], loc: (string | number)[], source: unknown): ValidationIssue[] {
  return errors.flatMap((error) => {
    const at = [...loc, Array.isArray(source) ? Number(error.property) : error.property];
    const value = (source as Record<string, unknown> | null | undefined)?.[error.property];
    const own = error.constraints ? [issueOf(error.constraints, at, value)] : [];
    return [...own, ...issuesOf(error.children ?? [], at, value)];
  });
}

/** The type is what to say first, of the list before that of its items: that `"x"` is below a minimum helps nobody. */
function issueOf(constraints: Record<string, string>, loc: (string | number)[], value: unknown): ValidationIssue {
  if (value === undefined) return validationIssue(loc, 'Field required', 'missing');
  const rules = Object.keys(constraints);
  const typeRule = rules.includes('isArray') ? 'isArray' : rules.find((name) => TYPES[name]?.endsWith('_type'));
  const rule = typeRule ?? rules[0] ?? '';
  const type = TYPES[rule] ?? 'value_error';
  const message = constraints[rule] ?? 'Invalid value';
  const wrongItem =
    rule === 'isString' && Array.isArray(value) ? value.findIndex((item) => typeof item !== 'string') : -1;
  if (wrongItem < 0) return validationIssue(loc, message, type, value);
  return validationIssue([...loc, wrongItem], message, type, (value as unknown[])[wrongItem]);
}
