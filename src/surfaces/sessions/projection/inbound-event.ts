import { z } from 'zod';
import { fieldsOf } from '../../../protocol/fields-of.js';

const block = z.looseObject({ type: z.enum(['text', 'image', 'document', 'search_result']) });
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
/** Older clients send a text instead of blocks. */
const asBlocks = (value: unknown): unknown => (typeof value === 'string' ? [{ type: 'text', text: value }] : value);
const content = z.preprocess(asBlocks, z.array(block));
const id = z.string().min(1);

/** Older clients say `decision: "approve"`. */
const verdict = (value: unknown): unknown => {
  const { decision, ...fields } = fieldsOf(value);
  if (fields.result !== undefined || decision === undefined) return value;
  return { ...fields, result: decision === 'approve' || decision === 'allow' ? 'allow' : 'deny' };
};

const userMessage = z.object({
  type: z.literal('user.message'),
  content: z.preprocess(asBlocks, z.array(block).min(1)),
});
const systemMessage = z.object({
  type: z.literal('system.message'),
  content: z.preprocess(asBlocks, z.array(textBlock).min(1)),
});
const interrupt = z.object({ type: z.literal('user.interrupt'), session_thread_id: id.nullish() });
const confirmation = z.preprocess(
  verdict,
  z
    .object({
      type: z.literal('user.tool_confirmation'),
      tool_use_id: id,
      result: z.enum(['allow', 'deny']),
      deny_message: z.string().nullish(),
      session_thread_id: id.nullish(),
    })
    .refine(({ result, deny_message: message }) => result === 'deny' || message == null, {
      path: ['deny_message'],
      message: 'only with deny',
    }),
);
const customResult = z.object({
  type: z.literal('user.custom_tool_result'),
  custom_tool_use_id: id,
  content: content.nullish(),
  is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});
const toolResult = z.object({
  type: z.literal('user.tool_result'), tool_use_id: id, content: content.nullish(), is_error: z.boolean().nullish(),
  session_thread_id: id.nullish(),
});

/** What a client may send to a session. */
export const inboundEvent = z.union([userMessage, systemMessage, interrupt, confirmation, customResult, toolResult]);
export type InboundEvent = z.infer<typeof inboundEvent>;
export type UserMessage = z.infer<typeof userMessage>;
export type SystemMessage = z.infer<typeof systemMessage>;
export type Answer = z.infer<typeof confirmation> | z.infer<typeof customResult> | z.infer<typeof toolResult>;

const BY_TYPE: ReadonlyMap<string, z.ZodType<InboundEvent>> = new Map<string, z.ZodType<InboundEvent>>([
  ['user.message', userMessage],
  ['system.message', systemMessage],
  ['user.interrupt', interrupt],
  ['user.tool_confirmation', confirmation],
  ['user.custom_tool_result', customResult],
  ['user.tool_result', toolResult],
]);

/** Reads each event by its own type, so that an error names the field and not every type there is. */
export const sendBody = z.looseObject({
  events: z.array(z.unknown()).min(1).max(50).transform((events, context) => events.map((event, index) => {
    const type = String(fieldsOf(event).type);
    const schema = BY_TYPE.get(type);
    const result = schema?.safeParse(event);
    if (result?.success) return result.data;
    const issue = result?.error.issues[0];
    context.addIssue({
      code: 'custom',
      path: [index, ...(issue ? issue.path : ['type'])],
      message: issue?.message ?? `there is no event ${type} to send; there are ${[...BY_TYPE.keys()].join(', ')}`,
    });
    return z.NEVER;
  })),
});

/** The event as it is kept: without fields that were not given. */
export function fieldsOfInbound({ type: _, ...fields }: InboundEvent): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
