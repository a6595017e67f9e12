import { type ArgumentMetadata, Injectable, UnprocessableEntityException, ValidationPipe } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { validationIssue, type ValidationIssue } from './protocol/validation-issue.js';

/** Carries the errors of class-validator from Nest's pipe to ours, which knows where the value came from. */
class InvalidValue extends Error {
  constructor(readonly errors: ValidationError[]) {
    super('invalid value');
  }
}

/** Codes that clients of the Agent Protocol know, by the decorator that failed; any other is `value_error`. */
const TYPES: Record<string, string> = {
  isString: 'string_type', isArray: 'list_type', isInt: 'int_type', isNumber: 'float_type', isBoolean: 'bool_type',
  isObject: 'dict_type', nestedValidation: 'model_attributes_type', min: 'greater_than_equal', max: 'less_than_equal',
  isIn: 'enum', isEnum: 'enum', arrayMaxSize: 'too_long', maxLength: 'string_too_long', arrayMinSize: 'too_short',
  minLength: 'string_too_short', isUuid: 'uuid_parsing', isDefined: 'missing',
};

/**
 * Validates DTOs by their decorators, ignoring unknown keys. What is wrong is answered 422 as `HTTPValidationError`,
 * each issue with its `loc` from the body (or query, or path) down, indexes as numbers.
 */
@Injectable()
export class RequestValidationPipe extends ValidationPipe {
  constructor() {
    super({
      transform: true, whitelist: false, forbidUnknownValues: false, stopAtFirstError: true,
      exceptionFactory: (errors) => new InvalidValue(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    if (metadata.type === 'body') assertObject(value);
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      const from = metadata.type === 'param' ? 'path' : metadata.type;
      throw new UnprocessableEntityException({ detail: issuesOf(error.errors, [from]) });
    }
  }
}

function assertObject(body: unknown): void {
  if (body === undefined || body === null) return;
  if (typeof body === 'object' && !Array.isArray(body)) return;
  const issue = validationIssue(['body'], 'Input should be a JSON object', 'model_attributes_type', body);
  throw new UnprocessableEntityException({ detail: [issue] });
}

/** Flattens nested errors into issues, the deepest `loc` for each. */
export function issuesOf(errors: ValidationError[], loc: (string | number)[]): ValidationIssue[] {
  return errors.flatMap((error) => {
    const at = [...loc, Array.isArray(error.target) ? Number(error.property) : error.property];
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => issueOf(rule, message, at, error));
    return [...own, ...issuesOf(error.children ?? [], at)];
  });
}

function issueOf(rule: string, message: string, loc: (string | number)[], error: ValidationError): ValidationIssue {
  if (error.value === undefined) return validationIssue(loc, 'Field required', 'missing');
  return validationIssue(loc, message, TYPES[rule] ?? 'value_error', error.value);
}
