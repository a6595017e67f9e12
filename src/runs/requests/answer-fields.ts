import { z } from 'zod';
import { commandChanges, name, requestOf, runSettings } from './run-fields.js';

/** One answer. The id alone says which interrupt is meant; `namespace` is accepted and not needed. */
const answer = z.object({ interrupt_id: name, response: z.unknown().optional() }, 'must be an object');

/** One answer, or several. */
export interface GivenAnswers {
  readonly interrupt_id?: string | null;
  readonly response?: unknown;
  readonly responses?: readonly z.infer<typeof answer>[] | null;
}

/**
 * What answers interrupts: one answer, or several in `responses`; changes to the state and where to go on; and what any
 * run may have.
 * @param maxAnswers MAX_INPUT_RESPONSES: they are counted before anybody looks at one of them
 */
export function answerFields(maxAnswers: number) {
  const counted = (answers: unknown, context: z.RefinementCtx): unknown => {
    if (!Array.isArray(answers) || answers.length <= maxAnswers) return answers;
    const message = `may hold at most ${maxAnswers} entries (MAX_INPUT_RESPONSES)`;
    context.addIssue({ code: 'custom', message, params: { type: 'too_long' } });
    return z.NEVER;
  };
  const answers = z.array(answer, 'must be a list of answers').min(1, 'must not be empty');
  return requestOf({
    interrupt_id: name.nullish(),
    response: z.unknown().optional(),
    responses: z.preprocess(counted, answers.nullish()),
    ...commandChanges,
    ...runSettings,
  });
}
