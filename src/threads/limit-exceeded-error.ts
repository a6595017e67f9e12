import { UnprocessableEntityException } from '@nestjs/common';
import { validationIssue } from '../protocol/validation-issue.js';

/** What a client sent is more than a setting allows: 422 over REST, `invalid_argument` for a command. */
export class LimitExceededError extends UnprocessableEntityException {
  constructor(field: string, message: string) {
    super({ detail: [validationIssue(['body', field], message, 'too_long')] }, { description: message });
    this.message = message;
  }
}
