import {
  ConflictException, type HttpException, NotFoundException, UnprocessableEntityException,
} from '@nestjs/common';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { InvalidRunError, UnknownAssistantError } from '../../runs/requests/run-request-errors.js';

/**
 * What `work` gives; what it refuses as HTTP says it: 422 for a body that is no run, 404 for an assistant or checkpoint
 * that there is not, 409 for what the thread refuses.
 */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ProtocolError ? refusal(error) : error;
  }
}

function refusal(error: ProtocolError): HttpException {
  if (error instanceof InvalidRunError) return invalidRun(error);
  const isMissing = error instanceof UnknownAssistantError || error.code === 'no_such_checkpoint';
  return isMissing ? new NotFoundException(error.message) : new ConflictException(error.message);
}

/** @param loc where in the body the run is */
export function invalidRun({ issues }: InvalidRunError, loc: readonly number[] = []): UnprocessableEntityException {
  const detail = issues.map((issue) => ({ ...issue, loc: ['body', ...loc, ...issue.loc] }));
  return new UnprocessableEntityException({ detail });
}
