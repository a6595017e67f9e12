import { answerFields } from './answer-fields.js';
import { readFields } from './run-fields.js';
import type { InvalidRunError } from './run-request-errors.js';

const FIELDS = answerFields(2);
const read = (given: Record<string, unknown>) => readFields(FIELDS, given);
const issues = (given: Record<string, unknown>, fields = FIELDS): unknown[] => {
  try {
    readFields(fields, given);
  } catch (error) {
    return (error as InvalidRunError).issues.map(({ loc, msg, type }) => [loc, msg, type]);
  }
  return [];
};

it('takes one answer, or several, and hands on what they say untouched', () => {
  const response = { lc: 1, deep: [{}] };
  expect(read({ interrupt_id: 'a', response }).response).toBe(response);
  const { responses } = read({ responses: [{ interrupt_id: 'a', response, namespace: ['n:1'] }, { interrupt_id: 'b' }] });
  expect(responses).toEqual([{ interrupt_id: 'a', response }, { interrupt_id: 'b' }]);
  expect(responses?.[0]?.response).toBe(response);
  expect(read({ interrupt_id: null, responses: null, unknown: 1 })).toEqual({ interrupt_id: null, responses: null });
});

it.each<[Record<string, unknown>, unknown[]]>([
  [{ interrupt_id: 7 }, [['interrupt_id'], 'interrupt_id must be a string', 'string_type']],
  [{ interrupt_id: '' }, [['interrupt_id'], 'interrupt_id must not be empty', 'string_too_short']],
  [{ responses: {} }, [['responses'], 'responses must be a list of answers', 'list_type']],
  [{ responses: [7] }, [['responses', 0], 'responses.0 must be an object', 'value_error']],
  [
    { responses: [{ interrupt_id: 'a' }, {}] },
    [['responses', 1, 'interrupt_id'], 'responses.1.interrupt_id is required', 'missing'],
  ],
  [{ responses: [] }, [['responses'], 'responses must not be empty', 'too_short']],
  [{ config: 'x' }, [['config'], 'config must be an object', 'dict_type']],
])('says what is wrong with %j', (given, issue) => {
  expect(issues(given)).toEqual([issue]);
});

it('counts the answers before it looks at one of them', () => {
  const untouchable = new Proxy({}, {
    get: () => {
      throw new Error('somebody looked');
    },
  });
  expect(issues({ responses: [untouchable, untouchable, untouchable] })).toEqual([
    [['responses'], 'responses may hold at most 2 entries (MAX_INPUT_RESPONSES)', 'too_long'],
  ]);
});

it('tells of a bounded number of mistakes', () => {
  expect(issues({ responses: Array.from({ length: 500 }, () => ({})) }, answerFields(500))).toHaveLength(100);
});
