import type { LoggerService } from '@nestjs/common';
import type { Level, Logger } from 'pino';

/** Parts of Nest that describe its own start at length; what fails there is thrown as well. */
const STARTUP_CONTEXTS = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

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
    const isError = message instanceof Error;
    const hasFields = typeof message === 'object' && message !== null && !isError;
    // Fields are followed by their message; whatever text comes last is the context.
    const text = hasFields && texts.length > 1 ? texts[0] : isError ? message.message : hasFields ? undefined : String(message);
    const context = texts.at(-1);
    const err = isError ? message : rest.find((part) => part instanceof Error);
    const stack = rest.find((part) => typeof part === 'string' && isStack(part));
    const fields = {
      ...(context !== undefined && { context }),
      ...(err !== undefined && { err }),
      ...(stack !== undefined && { stack }),
      ...(hasFields && (message as object)),
    };
    this.pino[levelOf(level, context)](fields, text);
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
