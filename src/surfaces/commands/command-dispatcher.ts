import { HttpException, Inject, Injectable, Logger } from '@nestjs/common';
import { EventLog } from '../../event-log/event-log.js';
import { StorageUnavailableError } from '../../storage/storage-errors.js';
import { ProtocolError } from '../../protocol/protocol-error.js';
import { LimitExceededError } from '../../threads/limit-exceeded-error.js';
import type { Command, CommandContext, CommandHandler } from './command.js';
import { type CommandResponse, type ResponseMeta, failure, success } from './command-response.js';

/** Token of the list of all handlers. */
export const COMMAND_HANDLERS = Symbol('COMMAND_HANDLERS');

/** Finds the handler of a command and puts its answer, or its refusal, into the protocol's envelope. */
@Injectable()
export class CommandDispatcher {
  private readonly logger = new Logger(CommandDispatcher.name);
  private readonly handlers: ReadonlyMap<string, CommandHandler>;

  constructor(
    @Inject(COMMAND_HANDLERS) handlers: readonly CommandHandler[],
    private readonly log: EventLog,
  ) {
    this.handlers = new Map(handlers.map((handler) => [handler.method, handler]));
  }

  /** Whether the answers of a command have no bound but that of the state. */
  hasLargeAnswer(method: string): boolean {
    return this.handlers.get(method)?.hasLargeAnswer ?? false;
  }

  /**
   * @throws HttpException (ownership, availability) and StorageUnavailableError: these are statuses, nothing was done
   */
  async dispatch(command: Command, context: CommandContext): Promise<CommandResponse> {
    const handler = this.handlers.get(command.method);
    if (!handler) {
      const known = [...this.handlers.keys()].join(', ');
      return failure(
        command.id,
        'unknown_command',
        `There is no command ${command.method}; the commands are ${known}.`,
      );
    }
    try {
      return success(command.id, context.threadId, await handler.handle(command.params, context));
    } catch (error) {
      if (error instanceof LimitExceededError)
        return this.refusal(command, context, new ProtocolError('invalid_argument', error.message));
      if (error instanceof HttpException || error instanceof StorageUnavailableError) throw error;
      return this.refusal(command, context, error);
    }
  }

  private refusal(command: Command, context: CommandContext, error: unknown): CommandResponse {
    const meta: ResponseMeta = {
      thread_id: context.threadId,
      applied_through_seq: this.log.lastSeq(context.threadId),
    };
    if (error instanceof ProtocolError) return failure(command.id, error.code, error.message, meta);
    this.logger.error({ thread_id: context.threadId, method: command.method, err: error }, 'a command failed');
    const message = error instanceof Error ? error.message : String(error);
    return failure(command.id, 'unknown_error', message, meta);
  }
}
