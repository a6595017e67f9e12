import { type ArgumentMetadata, UnprocessableEntityException } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsArray, IsInt, IsOptional, IsString, Min, ValidateNested } from 'class-validator';
import { RequestValidationPipe } from './request-validation-pipe.js';

class Item {
  @IsInt()
  @Min(0)
  size: number;
}

class Body {
  @IsArray()
  @IsString({ each: true })
  channels: string[];

  @IsOptional()
  @IsInt()
  @Min(0)
  since?: number | null;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Item)
  items?: Item[];
}

const pipe = new RequestValidationPipe();
const from = (type: ArgumentMetadata['type']): ArgumentMetadata => ({ type, metatype: Body });

async function issues(value: unknown, type: ArgumentMetadata['type'] = 'body'): Promise<unknown> {
  const error: unknown = await pipe.transform(value, from(type)).then(() => null, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnprocessableEntityException);
  return ((error as UnprocessableEntityException).getResponse() as { detail: unknown }).detail;
}

describe('RequestValidationPipe', () => {
  it('gives an instance, keeping keys it does not know', async () => {
    const body = await pipe.transform({ channels: ['values'], since: null, more: { a: [1] } }, from('body'));
    expect(body).toBeInstanceOf(Body);
    expect(body).toMatchObject({ channels: ['values'], since: null, more: { a: [1] } });
  });

  it('says that a required field is missing', async () => {
    expect(await issues({})).toEqual([{ loc: ['body', 'channels'], msg: 'Field required', type: 'missing' }]);
    expect(await issues(undefined)).toEqual([{ loc: ['body', 'channels'], msg: 'Field required', type: 'missing' }]);
  });

  it('names the type before a limit, and the limit when the type is right', async () => {
    expect(await issues({ channels: [], since: 'x' })).toMatchObject([{ loc: ['body', 'since'], type: 'int_type', input: 'x' }]);
    expect(await issues({ channels: [], since: -1 })).toMatchObject([{ loc: ['body', 'since'], type: 'greater_than_equal', input: -1 }]);
  });

  it('points into arrays with numbers', async () => {
    expect(await issues({ channels: ['values', 5] })).toMatchObject([{ loc: ['body', 'channels', 1], type: 'string_type', input: 5 }]);
    const nested = { channels: [], items: [{ size: 1 }, { size: 'x' }, {}] };
    expect(await issues(nested)).toMatchObject([
      { loc: ['body', 'items', 1, 'size'], type: 'int_type' },
      { loc: ['body', 'items', 2, 'size'], type: 'missing' },
    ]);
  });

  it('takes a field that only looks like an index for a name', async () => {
    expect(await issues({ channels: { 0: 'values' } })).toMatchObject([{ loc: ['body', 'channels'] }]);
  });

  it('says where a value came from', async () => {
    expect(await issues({}, 'query')).toMatchObject([{ loc: ['query', 'channels'] }]);
    expect(await issues({}, 'param')).toMatchObject([{ loc: ['path', 'channels'] }]);
  });

  it.each([[[]], ['x'], [5], [true]])('refuses the body %j, which is no object', async (body) => {
    expect(await issues(body)).toMatchObject([{ loc: ['body'], type: 'model_attributes_type' }]);
  });

  it('does not echo a body or a long text', async () => {
    expect(await issues({ channels: { secret: 1 } })).not.toMatchObject([{ input: expect.anything() as unknown }]);
    const [issue] = (await issues({ channels: 'x'.repeat(5_000) })) as { input: string }[];
    expect(issue?.input.length).toBeLessThan(400);
  });
});
