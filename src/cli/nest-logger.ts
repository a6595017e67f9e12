import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Parts of Nest that describe its own start at length; what fails there is thrown as well. */
const STARTUP_CONTEXTS = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/**
 * Nest's logging through pino, with its `context` as a field. Our own code gives fields first and then a message, as
 * pino has it: `new Logger('EventLog').warn({ thread_id, err }, 'could not be trimmed')`.
 */
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

  /** Nest puts the context last, and before it, for errors of its own, the stack as text. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const texts = rest.filter((part): part is string => typeof part === 'string' && !isStack(part));
    const context = texts.at(-1);
    const stack = rest.find((part) => typeof part === 'string' && isStack(part));
    const err: unknown = [message, ...rest].find((part) => part instanceof Error);
    const given = typeof message === 'object' && message !== null && message !== err ? message : undefined;
    const added = rest.filter((part) => typeof part === 'object' && part !== err);
    const fields = {
      ...(context !== undefined && { context }),
      ...(err !== undefined && { err }),
      ...(stack !== undefined && { stack }),
      ...(Object.assign({}, ...added) as object),
      ...given,
    };
    // Fields are followed by their message, and that by the context.
    const text = given ? texts.slice(0, -1)[0] : message instanceof Error ? message.message : message;
    this.pino[levelOf(level, context)](fields, typeof text === 'string' || text === undefined ? text : inspect(text));
  }
}

/** Where Nest maps its routes, at trace; an error of its start is thrown too, so debug shows enough of it. */
function levelOf(level: Level, context: string | undefined): Level {
  if (context === undefined || !STARTUP_CONTEXTS.has(context)) return level;
  return level === 'error' ? 'debug' : level === 'info' ? 'trace' : level;
}

function isStack(text: string): boolean {
  return /\n\s+at /.test(text);
}
