import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../auth/caller.js';

/** A command as it arrives, on either transport. */
export interface Command {
  readonly id: number;
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** Who sent it, and to which thread. */
export interface CommandContext {
  readonly threadId: string;
  readonly caller: Caller;
  /** Of the request, or of the upgrade to the WebSocket that it came over. */
  readonly headers: IncomingHttpHeaders;
}

/** What a handler answers; `appliedThroughSeq` is the thread's seq before the command can have an effect. */
export interface CommandResult {
  readonly result: Record<string, unknown>;
  readonly appliedThroughSeq: number;
}

/**
 * Carries out one method of the protocol.
 * @throws ProtocolError for a logical refusal, which is answered as an error envelope.
 */
export interface CommandHandler {
  readonly method: string;
  /** Its answers may be as large as a state: whoever reads slowly gets them one at a time. */
  readonly hasLargeAnswer?: true;
  handle(params: Record<string, unknown>, context: CommandContext): Promise<CommandResult>;
}
