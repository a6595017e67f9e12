import { IsArray, IsInt, IsObject, IsOptional, IsString } from 'class-validator';
import { AtMost, Nested, QueryInteger, ReadAs, UserData } from './client-fields.js';
import { readFields } from './read-fields.js';

class Item {
  @IsString()
  id: string;

  @UserData()
  data?: unknown;
}

class Request {
  @UserData()
  input?: unknown;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown> | null;

  @IsOptional()
  @IsArray()
  @AtMost('MAX_FILTER_NAMESPACES', 'MAX_NAMESPACE_SEGMENTS')
  lists?: unknown[];

  @IsOptional()
  @IsArray()
  @AtMost('MAX_INPUT_RESPONSES')
  @Nested(() => Item, { each: true })
  items?: Item[];

  @IsOptional()
  @Nested(() => Item)
  item?: Item;

  @IsOptional()
  @ReadAs((given) => (given === 'one' ? 1 : given))
  @IsInt()
  count?: number;

  @QueryInteger(0)
  offset = 0;
}

class Narrower extends Request {
  @IsString()
  name: string;
}

const LIMITS = { MAX_FILTER_NAMESPACES: 3, MAX_NAMESPACE_SEGMENTS: 2, MAX_INPUT_RESPONSES: 3 };
const read = (given: object): Request => {
  const result = readFields(Request, given, LIMITS);
  if ('errors' in result)
    throw new Error(
      JSON.stringify(result.errors.map(({ property, constraints, children }) => [property, constraints, children])),
    );
  return result.fields;
};

/** Throws at whoever looks into it. */
const untouchable = (): object => new Proxy({}, {
  get: () => { throw new Error('somebody looked inside'); },
  ownKeys: () => { throw new Error('somebody looked inside'); },
  has: () => { throw new Error('somebody looked inside'); },
});

describe('readFields', () => {
  it('hands data of the user on as it is, without looking into it', () => {
    const [input, metadata, data] = [untouchable(), untouchable(), untouchable()];
    const fields = read({ input, metadata, items: [{ id: 'a', data }], item: { id: 'b', data } });
    expect([
      fields.input === input,
      fields.metadata === metadata,
      fields.items?.[0]?.data === data,
      fields.item?.data === data,
    ]).toEqual([true, true, true, true]);
  });

  it('makes instances of classes, ignores keys that are no fields, and keeps defaults', () => {
    const fields = read({ items: [{ id: 'a', more: 1 }], constructor: 7, toString: 8, more: 9 });
    expect(fields).toBeInstanceOf(Request);
    expect(fields.items?.[0]).toBeInstanceOf(Item);
    expect(JSON.stringify(fields)).toBe('{"items":[{"id":"a"}],"offset":0}');
  });

  it('takes no field from a prototype', () => {
    expect(JSON.stringify(read(Object.create({ input: 1, count: 'x' }) as object))).toBe('{"offset":0}');
  });

  it('reads the fields of the class above', () => {
    const result = readFields(Narrower, { name: 'a', items: [{ id: 'b' }], count: 'one' }, LIMITS);
    expect(result).toMatchObject({ fields: { name: 'a', items: [expect.any(Item)], count: 1 } });
  });

  it('checks limits before it looks at any item', () => {
    const many = [untouchable(), untouchable(), untouchable(), untouchable()];
    for (const field of ['lists', 'items']) expect(() => read({ [field]: many })).toThrow(/at most 3 entries/);
    expect(() => read({ lists: [['a'], ['a', 'b', 'c']] })).toThrow(
      /each entry of lists may hold at most 2 entries \(MAX_NAMESPACE_SEGMENTS\)/,
    );
    expect(read({ lists: [['a'], ['a', 'b'], []] }).lists).toHaveLength(3);
  });

  it('is not used without the limits that a class names', () => {
    expect(() => readFields(Request, { items: [] }, {})).toThrow('MAX_INPUT_RESPONSES');
  });

  it.each(['9223372036854775808', '9007199254740992', '-1', '1e3', '1.5', ''])(
    'takes no %j for a whole number of a query',
    (offset) => {
      expect(() => read({ offset })).toThrow(/offset/);
    },
  );

  it('takes a whole number of a query', () => {
    expect(read({ offset: '9007199254740991' }).offset).toBe(Number.MAX_SAFE_INTEGER);
  });

  it.each([[{ items: {} }], [{ items: [1] }], [{ items: [[]] }], [{ item: 'x' }], [{ items: [null] }]])(
    'refuses %j, which is no object of the class',
    (given) => {
      expect(() => read(given)).toThrow(/item/);
    },
  );
});
