import { Injectable, Param, type PipeTransform, UnprocessableEntityException } from '@nestjs/common';
import { isThreadId, THREAD_ID_RULE } from '../protocol/thread-id.js';
import { validationIssue } from '../protocol/validation-issue.js';

/** Lets a legal thread id of the path through; any other is 422. */
@Injectable()
export class ThreadIdPipe implements PipeTransform<unknown, string> {
  transform(value: unknown): string {
    if (isThreadId(value)) return value;
    const issue = validationIssue(['path', 'thread_id'], `A thread id is ${THREAD_ID_RULE}`, 'value_error', value);
    throw new UnprocessableEntityException({ detail: [issue] });
  }
}

/** A handler's parameter: the checked `thread_id` of the path. */
export function ThreadId(): ParameterDecorator {
  return Param('thread_id', ThreadIdPipe);
}
