import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Parts of Nest that describe its own start at length; what fails there is thrown as well. */
const STARTUP_CONTEXTS = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

/** Nest's logging through pino: `new Logger('EventLog').warn('...')` becomes one JSON line with its `context`. */
export class NestLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest puts the context last, and before it, for errors, the stack as text or whatever the caller added. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const texts = rest.filter((part): part is string => typeof part === 'string');
    const context = texts.findLast((text) => !isStack(text));
    const fields: Record<string, unknown> = { ...(context !== undefined && { context }) };
    const stack = texts.find(isStack);
    if (stack !== undefined) fields.stack = stack;
    const err = [message, ...rest].find((part) => part instanceof Error);
    if (err) fields.err = err;
    const objects = rest.filter((part) => typeof part === 'object' && part !== null && part !== err);
    if (objects.length > 0) fields.details = objects;

    const isStartup = level === 'info' || level === 'error';
    const used = isStartup && context !== undefined && STARTUP_CONTEXTS.has(context) ? 'debug' : level;
    if (typeof message === 'string') this.pino[used](fields, message);
    else if (message instanceof Error) this.pino[used](fields, message.message);
    else this.pino[used]({ ...fields, message });
  }
}

function isStack(text: string): boolean {
  return /\n\s+at /.test(text);
}
