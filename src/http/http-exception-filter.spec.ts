import {
  type ArgumentsHost,
  BadRequestException,
  ConflictException,
  ForbiddenException,
  HttpException,
  Logger,
  NotFoundException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { jest } from '@jest/globals';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { HttpExceptionFilter } from './http-exception-filter.js';

function answer(exception: unknown, sent = false): { status: number; body: unknown; destroyed: boolean } {
  const result = { status: 0, body: undefined as unknown, destroyed: false };
  const reply = {
    sent,
    raw: { headersSent: sent, destroy: () => { result.destroyed = true; } },
    code(status: number) { result.status = status; return reply; },
    header: () => reply,
    send(body: string) { result.body = JSON.parse(body); },
  };
  const host = { switchToHttp: () => ({ getResponse: () => reply }) } as unknown as ArgumentsHost;
  new HttpExceptionFilter().catch(exception, host);
  return result;
}

describe('HttpExceptionFilter', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it.each([
    [new NotFoundException('Thread t not found'), 404, 'not_found'],
    [new BadRequestException('no such channel'), 400, 'bad_request'],
    [new ConflictException('taken'), 409, 'conflict'],
    [new HttpException('too large', 413), 413, 'payload_too_large'],
    [new ForbiddenException({ message: 'not you', error: 'permission_denied' }), 403, 'permission_denied'],
    [new ServiceUnavailableException('later'), 503, 'service_unavailable'],
  ])('answers %s under the names that clients read', (exception, status, error) => {
    const { message } = exception;
    expect(answer(exception)).toMatchObject({ status, body: { detail: message, message, error } });
  });

  it('keeps the issues of a 422', () => {
    const detail = [{ loc: ['body'], msg: 'no', type: 'value_error' }];
    expect(answer(new HttpException({ detail }, 422))).toMatchObject({ status: 422, body: { detail } });
  });

  it('answers 503 while the database cannot write', () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const error of [new StorageUnavailableError('full'), Object.assign(new Error('x'), { code: 'SQLITE_FULL' })]) {
      expect(answer(error)).toMatchObject({ status: 503, body: { error: 'storage_unavailable' } });
    }
  });

  it('passes the status of an error of Fastify on', () => {
    const error = Object.assign(new Error('Unsupported Media Type'), {
      code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
      statusCode: 415,
    });
    expect(answer(error)).toMatchObject({ status: 415, body: { error: 'unsupported_media_type' } });
  });

  it('hides what went wrong inside, and logs its stack', () => {
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const error = new Error('secret /path');
    expect(answer(error)).toMatchObject({
      status: 500,
      body: { message: 'Internal server error', error: 'internal_server_error' },
    });
    expect(JSON.stringify(answer(error).body)).not.toContain('secret');
    expect(log).toHaveBeenCalledWith({ err: error }, expect.any(String));
  });

  it('cuts the connection when an answer is under way already', () => {
    jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    expect(answer(new Error('late'), true)).toEqual({ status: 0, body: undefined, destroyed: true });
  });
});
