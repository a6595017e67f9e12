import { Injectable, NotFoundException } from '@nestjs/common';
import type { Caller } from './caller.js';

/** The one owner check, which every surface uses. */
@Injectable()
export class Ownership {
  /** Whether `caller` may see and change a resource of `resourceOwner` (null: made without authentication). */
  mayAccess(resourceOwner: string | null, caller: Caller): boolean {
    return resourceOwner === caller.owner;
  }

  /**
   * Passes an existing resource that the caller owns through.
   * @param what names it in the message, such as `Thread abc`
   * @throws NotFoundException when it does not exist or is another's: the two must look the same
   */
  assert<T extends { owner: string | null }>(resource: T | null | undefined, caller: Caller, what: string): T {
    if (!resource || !this.mayAccess(resource.owner, caller)) throw new NotFoundException(`${what} not found`);
    return resource;
  }
}
