import { type ArgumentMetadata, UnprocessableEntityException } from '@nestjs/common';
import { IsArray, IsInt, IsOptional, IsString, Min } from 'class-validator';
import { Settings } from '../config/settings.js';
import { AtMost, Nested } from '../validation/client-fields.js';
import { RequestValidationPipe } from './request-validation-pipe.js';

class Item {
  @IsInt()
  @Min(0)
  size: number;
}

class Body {
  @IsArray()
  @AtMost('MAX_FILTER_CHANNELS')
  @IsString({ each: true })
  channels: string[];

  @IsOptional()
  @IsInt()
  @Min(0)
  since?: number | null;

  @IsOptional()
  @IsArray()
  @Nested(() => Item, { each: true })
  items?: Item[];
}

const pipe = new RequestValidationPipe(Object.assign(new Settings(), { MAX_FILTER_CHANNELS: 3 }));
const from = (type: ArgumentMetadata['type']): ArgumentMetadata => ({ type, metatype: Body });

function issues(value: unknown, type: ArgumentMetadata['type'] = 'body'): unknown {
  let error: unknown;
  try {
    pipe.transform(value, from(type));
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(UnprocessableEntityException);
  return ((error as UnprocessableEntityException).getResponse() as { detail: unknown }).detail;
}

describe('RequestValidationPipe', () => {
  it('gives an instance, without keys it does not know', () => {
    const body = pipe.transform({ channels: ['values'], since: null, more: { a: [1] } }, from('body'));
    expect(body).toBeInstanceOf(Body);
    expect({ ...(body as Body) }).toEqual({ channels: ['values'], since: null });
  });

  it('names the setting of a limit', () => {
    expect(issues({ channels: ['a', 'b', 'c', 'd'] })).toEqual([
      { loc: ['body', 'channels'], msg: 'channels may hold at most 3 entries (MAX_FILTER_CHANNELS)', type: 'too_long' },
    ]);
  });

  it('tells of the first hundred of any number of mistakes', () => {
    expect(issues({ channels: [], items: Array.from({ length: 500 }, () => ({})) })).toHaveLength(100);
  });

  it('says that a required field is missing', () => {
    expect(issues({})).toEqual([{ loc: ['body', 'channels'], msg: 'Field required', type: 'missing' }]);
    expect(issues(undefined)).toEqual([{ loc: ['body', 'channels'], msg: 'Field required', type: 'missing' }]);
  });

  it('names the type before a limit, and the limit when the type is right', () => {
    expect(issues({ channels: [], since: 'x' })).toMatchObject([
      { loc: ['body', 'since'], type: 'int_type', input: 'x' },
    ]);
    expect(issues({ channels: [], since: -1 })).toMatchObject([
      { loc: ['body', 'since'], type: 'greater_than_equal', input: -1 },
    ]);
  });

  it('points into arrays with numbers', () => {
    expect(issues({ channels: ['values', 5] })).toMatchObject([
      { loc: ['body', 'channels', 1], type: 'string_type', input: 5 },
    ]);
    const nested = { channels: [], items: [{ size: 1 }, { size: 'x' }, {}] };
    expect(issues(nested)).toMatchObject([
      { loc: ['body', 'items', 1, 'size'], type: 'int_type' },
      { loc: ['body', 'items', 2, 'size'], type: 'missing' },
    ]);
  });

  it('takes a field that only looks like an index for a name', () => {
    expect(issues({ channels: { 0: 'values' } })).toMatchObject([{ loc: ['body', 'channels'] }]);
  });

  it('says where a value came from', () => {
    expect(issues({}, 'query')).toMatchObject([{ loc: ['query', 'channels'] }]);
    expect(issues({}, 'param')).toMatchObject([{ loc: ['path', 'channels'] }]);
  });

  it.each([[[]], ['x'], [5], [true]])('refuses the body %j, which is no object', (body) => {
    expect(issues(body)).toMatchObject([{ loc: ['body'], type: 'model_attributes_type' }]);
  });

  it('does not echo a body or a long text', () => {
    expect(issues({ channels: { secret: 1 } })).not.toMatchObject([{ input: expect.anything() as unknown }]);
    const [issue] = (issues({ channels: 'x'.repeat(5_000) })) as { input: string }[];
    expect(issue?.input.length).toBeLessThan(400);
  });
});
