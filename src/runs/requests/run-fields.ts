import { z } from 'zod';
import { type ValidationIssue, validationIssue } from '../../protocol/validation-issue.js';
import { InvalidRunError } from './run-request-errors.js';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isPair = (value: unknown): boolean => Array.isArray(value) && value.length === 2 && typeof value[0] === 'string';
const isTarget = (value: unknown): boolean =>
  typeof value === 'string' || (isObject(value) && typeof value.node === 'string');

/** Data of users, taken as it is: never copied, and looked at only where `fields` names something. */
function object(fields: z.ZodType = z.unknown()) {
  const checked = z.unknown().superRefine((value, context) => {
    if (!isObject(value)) {
      return void context.addIssue({ code: 'custom', message: 'must be an object', params: { type: 'dict_type' } });
    }
    for (const { path, message, code, ...issue } of fields.safeParse(value).error?.issues ?? []) {
      const params = { type: typeOf({ ...issue, code } as z.core.$ZodIssue) };
      context.addIssue({ code: 'custom', path, message, params });
    }
  });
  return (checked as z.ZodType as z.ZodType<Json>).meta({ type: 'object', additionalProperties: true });
}

const data = (message: string, fits: (value: unknown) => boolean) =>
  z.custom<unknown>((value) => value == null || fits(value), message).optional();
const text = z.string('must be a string');
/** A text that is not empty. */
export const name = text.min(1, 'must not be empty');
const flag = z.boolean('must be true or false').nullish();
const texts = z.array(z.string('must be a list of strings'), 'must be a list of strings').nullish();
const limit = z.int('must be an integer above 0').min(1, 'must be an integer above 0').nullish();
const oneOf = <const T extends string>(values: readonly T[]) =>
  z.enum(values, `must be one of ${values.join(', ')}`).nullish();
const nodes = data(
  'must be "*" or a list of nodes',
  (value) => value === '*' || (Array.isArray(value) && value.every((node) => typeof node === 'string')),
).meta({ oneOf: [{ const: '*' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }] });
const strategy = oneOf(['enqueue', 'reject', 'interrupt', 'rollback']);

/** `command.update` and `command.goto`; `input.respond` has them beside its answers. */
export const commandChanges = {
  update: data('must be an object or a list of [key, value] pairs', (value) =>
    Array.isArray(value) ? value.every(isPair) : isObject(value),
  ),
  goto: data('must be a node, {node, input}, or a list of these', (value) =>
    Array.isArray(value) ? value.every(isTarget) : isTarget(value),
  ),
};

const configurable = object(z.object({ checkpoint_id: text.nullish() })).nullish();
const config = object(z.object({ configurable, recursion_limit: limit, tags: texts, metadata: object().nullish() }));
const noNamespace = data('must be empty: a run starts from a checkpoint of the root', (value) => value === '');

/** How a run is called and queued, whatever it is given to do. */
export const runSettings = {
  config: config.nullish(),
  recursion_limit: limit,
  context: object().nullish(),
  metadata: object().nullish(),
  interrupt_before: nodes,
  interrupt_after: nodes,
  durability: oneOf(['sync', 'async', 'exit']),
  checkpoint_during: flag,
  multitask_strategy: strategy,
  /** The spelling of older clients; the other one counts. */
  multitaskStrategy: strategy,
  strict_resume: flag,
  webhook: text.nullish(),
};

/** What a run may be asked for. A field that is null counts as absent; one that is not here is ignored. */
export const runFields = {
  assistant_id: name,
  input: z.unknown().optional(),
  command: object(z.object(commandChanges)).nullish(),
  checkpoint_id: text.nullish(),
  checkpoint: object(z.object({ checkpoint_id: text.nullish(), checkpoint_ns: noNamespace })).nullish(),
  ...runSettings,
};

const SERVED = Object.keys(runFields)
  .filter((field) => field !== 'multitaskStrategy')
  .join(', ');
const isNothing = (value: unknown): boolean => Array.isArray(value) && value.length === 0;
const unserved = (served: (value: unknown) => boolean = isNothing) =>
  data(`is not served yet, leave it out; a run has ${SERVED}`, served);

/**
 * Fields of the platform's runs that nobody here does anything about yet: a client must not believe otherwise. A
 * surface that serves one names it among its own.
 */
const UNSERVED = {
  after_seconds: unserved((value) => value === 0),
  feedback_keys: unserved(),
  langsmith_tracer: unserved(),
  on_completion: unserved((value) => value === 'keep'),
};

type Shape = Readonly<Record<string, z.ZodType>>;
type Fields<S extends Shape> = z.infer<z.ZodObject<S>>;

/** The settings of a run as they were read. */
export type RunSettings = Fields<typeof runSettings>;

/** Everything that a run can be asked for. */
export type RunFields = Omit<Partial<Fields<typeof runFields>>, 'command'> & {
  readonly command?: RunCommandFields | null;
};

/** LangGraph's Command; `resume` is an answer to all open interrupts, or an object of answers by interrupt id. */
export interface RunCommandFields {
  readonly resume?: unknown;
  readonly update?: unknown;
  readonly goto?: unknown;
}

/** What a request may have: `described` for the API's description, `checked` for the reader; both are made once. */
export interface RequestSchema<S extends Shape> {
  readonly described: z.ZodObject<S>;
  readonly checked: z.ZodObject;
}

export function requestOf<S extends Shape>(shape: S): RequestSchema<S> {
  return { described: z.object(shape), checked: z.object({ ...UNSERVED, ...shape }) };
}

/** @throws InvalidRunError that names every field that is wrong, or known and not served yet */
export function readFields<S extends Shape>({ checked }: RequestSchema<S>, raw: Json): Fields<S> {
  const result = checked.safeParse(raw);
  if (result.success) return result.data as Fields<S>;
  throw new InvalidRunError(result.error.issues.slice(0, MAX_ISSUES).map((issue) => toIssue(issue, raw)));
}

/** Issues that one answer tells of; nobody reads more, and a client could make any number. */
const MAX_ISSUES = 100;

/** Codes that clients of the Agent Protocol know. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'string_type',
  number: 'int_type',
  int: 'int_type',
  boolean: 'bool_type',
  array: 'list_type',
};

const TOO_SMALL: Readonly<Record<string, string>> = { string: 'string_too_short', array: 'too_short' };

function toIssue(issue: z.core.$ZodIssue, raw: Json): ValidationIssue {
  const loc = issue.path as (string | number)[];
  const value = loc.reduce<unknown>((at, key) => (at as Json | undefined)?.[key], raw);
  if (value === undefined) return validationIssue(loc, `${loc.join('.')} is required`, 'missing');
  return validationIssue(loc, `${loc.join('.')} ${issue.message}`, typeOf(issue), value);
}

function typeOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'custom':
      return String(issue.params?.type ?? 'value_error');
    case 'invalid_type':
      return TYPES[issue.expected] ?? 'value_error';
    case 'invalid_value':
      return 'enum';
    case 'too_small':
      return TOO_SMALL[issue.origin] ?? 'greater_than_equal';
    default:
      return 'value_error';
  }
}
