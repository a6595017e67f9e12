import { Injectable } from '@nestjs/common';
import { EventLog } from '../../../event-log/event-log.js';
import { type Awaitable, whenReady } from '../../../storage/awaitable.js';
import { EventReader } from '../../../storage/log/event-reader.js';
import type { Run } from '../../../storage/rows/run.js';
import { RunStorage } from '../../../storage/run-storage.js';
import { contentBlocks } from './content-blocks.js';
import type { RunLookups } from './projection-context.js';
import type { LogRow } from '../../../projections/log-row.js';
import { fieldsOf } from '../../../protocol/fields-of.js';
import { ROW_KIND } from '../../../storage/log/event-draft.js';

const TYPES: Readonly<Record<string, string>> = {
  human: 'user.message', user: 'user.message', system: 'system.message',
};

/** What the tables know of runs that came by another surface. */
@Injectable()
export class RunFacts {
  constructor(
    private readonly runs: RunStorage,
    private readonly log: EventLog,
    private readonly reader: EventReader,
  ) {}

  /** The facts of one thread's runs. */
  of(threadId: string): RunLookups {
    return new ThreadRunFacts(
      (runId) => this.runs.find(runId),
      (runId) => this.startedAt(threadId, runId),
    );
  }

  private startedAt(threadId: string, runId: string): Awaitable<number | null> {
    const head = this.log.head(threadId);
    if (!head) return null;
    return whenReady(this.reader.runStartOf(head.threadKey, runId), (start) => start?.timestamp ?? null);
  }
}

/** Remembers what the rows that come next may ask for, and no more: a run can be large. */
class ThreadRunFacts implements RunLookups {
  private readonly runs = new Map<string, Run | null>();
  private readonly starts = new Map<string, number | null>();

  constructor(
    private readonly findRun: (runId: string) => Awaitable<Run | null>,
    private readonly findStart: (runId: string) => Awaitable<number | null>,
  ) {}

  prepare(rows: readonly LogRow[]): Awaitable<void> {
    this.runs.clear();
    this.starts.clear();
    const answers = rows.flatMap((row) => this.find(row)).filter((answer) => answer instanceof Promise);
    return answers.length === 0 ? undefined : Promise.all(answers).then(() => undefined);
  }

  messagesOf(runId: string): { type: string; content: unknown }[] {
    const kwargs = this.runs.get(runId)?.kwargs;
    if (!kwargs || kwargs.command) return [];
    const { messages } = fieldsOf(kwargs.input);
    const list: unknown[] = Array.isArray(messages) ? messages : messages === undefined ? [] : [messages];
    return list.flatMap((message) => {
      const { role, content } = readMessage(message);
      const type = TYPES[role];
      return type === undefined ? [] : [{ type, content: contentBlocks(content) }];
    });
  }

  answerOf(runId: string, interruptId: string): unknown {
    return this.runs.get(runId)?.kwargs.command?.resume?.[interruptId];
  }

  startedAt(runId: string): number | null {
    return this.starts.get(runId) ?? null;
  }

  private find({ runId, kind, method, namespace, data }: LogRow): Awaitable<unknown>[] {
    if (runId === null) return [];
    if (kind === ROW_KIND.session)
      return this.starts.has(runId) ? [] : [this.keep(this.starts, runId, this.findStart(runId))];
    const isStart = method === 'lifecycle' && namespace.length === 0 && data.event === 'running';
    const asksForRun = isStart || method === 'input.answered';
    return asksForRun && !this.runs.has(runId) ? [this.keep(this.runs, runId, this.findRun(runId))] : [];
  }

  private keep<T>(into: Map<string, T | null>, runId: string, answer: Awaitable<T | null>): Awaitable<void> {
    into.set(runId, null);
    return whenReady(answer, (found) => void into.set(runId, found));
  }
}

/** A message in one of the forms that LangGraph takes: an object, `[role, content]`, or a text. */
function readMessage(message: unknown): { role: string; content: unknown } {
  if (typeof message === 'string') return { role: 'human', content: message };
  if (Array.isArray(message)) return { role: String(message[0]), content: message[1] as unknown };
  const fields = fieldsOf(message);
  return { role: String(fields.role ?? fields.type), content: fields.content ?? null };
}
