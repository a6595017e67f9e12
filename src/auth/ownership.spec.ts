import { NotFoundException } from '@nestjs/common';
import { ANYONE, callerOf } from './caller.js';
import { Ownership } from './ownership.js';

describe('Ownership', () => {
  const ownership = new Ownership();

  it('lets a caller without authentication reach what has no owner, and nothing else', () => {
    expect(ownership.mayAccess(null, ANYONE)).toBe(true);
    expect(ownership.mayAccess('ada', ANYONE)).toBe(false);
  });

  it('lets an owner reach what is theirs, and nothing else', () => {
    expect(ownership.mayAccess('ada', { owner: 'ada' })).toBe(true);
    expect(ownership.mayAccess('bob', { owner: 'ada' })).toBe(false);
    expect(ownership.mayAccess(null, { owner: 'ada' })).toBe(false);
  });

  it('makes a missing resource and another\'s look the same', () => {
    const answer = (resource: { owner: string } | null): unknown => {
      try {
        return ownership.assert(resource, { owner: 'ada' }, 'Thread t');
      } catch (error) {
        expect(error).toBeInstanceOf(NotFoundException);
        return (error as NotFoundException).getResponse();
      }
    };
    expect(answer({ owner: 'bob' })).toEqual(answer(null));
    expect(answer({ owner: 'ada' })).toEqual({ owner: 'ada' });
  });

  it('takes an unauthenticated request for anyone', () => {
    expect(callerOf({})).toBe(ANYONE);
    expect(callerOf({ caller: { owner: 'ada' } })).toEqual({ owner: 'ada' });
  });
});
