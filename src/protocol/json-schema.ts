import { z } from 'zod';

/** The JSON Schema of a body that zod reads, for the API's description. */
export function bodySchema(schema: z.ZodType): Record<string, unknown> {
  const whole = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }) as Record<string, unknown>;
  const { $schema: _, ...described } = whole;
  return described;
}
