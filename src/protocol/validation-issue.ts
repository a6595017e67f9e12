/** One entry of `detail` in a 422 answer: where (`["body", "channels", 0]`), what is wrong, and a stable code. */
export interface ValidationIssue {
  loc: (string | number)[];
  msg: string;
  type: string;
  /** What was given, for scalars only: a whole body is never echoed. */
  input?: string | number | boolean | null;
  ctx?: Record<string, unknown>;
}

/** The OpenAPI response of every route that validates its request; the schema is added to the document once. */
export const VALIDATION_RESPONSE = {
  description: 'Validation Error',
  schema: { $ref: '#/components/schemas/HTTPValidationError' },
};

/**
 * `HTTPValidationError` and `ValidationError`: the schemas clients of the Agent Protocol know (`detail[]: loc, msg,
 * type`).
 */
export const VALIDATION_SCHEMAS = {
  HTTPValidationError: {
    title: 'HTTPValidationError',
    type: 'object',
    properties: {
      detail: { title: 'Detail', type: 'array', items: { $ref: '#/components/schemas/ValidationError' } },
    },
  },
  ValidationError: {
    title: 'ValidationError',
    type: 'object',
    required: ['loc', 'msg', 'type'],
    properties: {
      loc: { title: 'Location', type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
      msg: { title: 'Message', type: 'string' },
      type: { title: 'Error Type', type: 'string' },
      input: { title: 'Input' },
      ctx: { title: 'Context', type: 'object' },
    },
  },
};

/** An issue with its `input`, which is left out unless it is a short scalar. */
export function validationIssue(loc: (string | number)[], msg: string, type: string, input?: unknown): ValidationIssue {
  const issue: ValidationIssue = { loc, msg, type };
  if (input === null || typeof input === 'number' || typeof input === 'boolean') issue.input = input;
  else if (typeof input === 'string') issue.input = input.length > 300 ? `${input.slice(0, 300)}…` : input;
  return issue;
}
