import { Injectable } from '@nestjs/common';
import { EventLog } from '../../../event-log/event-log.js';
import { EventReader } from '../../../storage/event-reader.js';
import { RunRepository } from '../../../runs/run-repository.js';
import type { RunLookup } from './projection-context.js';
import { contentBlocks } from './content-blocks.js';
import { objectOf } from './session-row.js';

const TYPES: Readonly<Record<string, string>> = {
  human: 'user.message', user: 'user.message', system: 'system.message',
};

/** What the tables know of runs that came by another surface. */
@Injectable()
export class RunFacts {
  constructor(
    private readonly runs: RunRepository,
    private readonly log: EventLog,
    private readonly reader: EventReader,
  ) {}

  /** The facts of one thread's runs. */
  of(threadId: string): RunLookup {
    return {
      messagesOf: (runId) => this.messagesOf(runId),
      answerOf: (runId, interruptId) => this.runs.find(runId)?.kwargs.command?.resume?.[interruptId],
      startedAt: (runId) => {
        const head = this.log.head(threadId);
        return head ? (this.reader.runStartOf(head.threadKey, runId)?.timestamp ?? null) : null;
      },
    };
  }

  private messagesOf(runId: string): { type: string; content: unknown }[] {
    const kwargs = this.runs.find(runId)?.kwargs;
    if (!kwargs || kwargs.command) return [];
    const { messages } = objectOf(kwargs.input);
    const list: unknown[] = Array.isArray(messages) ? messages : messages === undefined ? [] : [messages];
    return list.flatMap((message) => {
      const { role, content } = readMessage(message);
      const type = TYPES[role];
      return type === undefined ? [] : [{ type, content: contentBlocks(content) }];
    });
  }
}

/** A message in one of the forms that LangGraph takes: an object, `[role, content]`, or a text. */
function readMessage(message: unknown): { role: string; content: unknown } {
  if (typeof message === 'string') return { role: 'human', content: message };
  if (Array.isArray(message)) return { role: String(message[0]), content: message[1] as unknown };
  const fields = objectOf(message);
  return { role: String(fields.role ?? fields.type), content: fields.content ?? null };
}
