import { HttpException, Injectable } from '@nestjs/common';
import { IsArray, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { failure, success } from '../../commands/command-response.js';
import { readParams } from '../../commands/command-params.js';
import type { Command } from '../../commands/command.js';
import { Settings } from '../../../config/settings.js';
import { EventLog } from '../../../event-log/event-log.js';
import type { Awaitable } from '../../../storage/awaitable.js';
import { ProtocolError } from '../../../protocol/protocol-error.js';
import { AtMost } from '../../../validation/client-fields.js';
import { EventStreamRequest } from '../event-stream-request.dto.js';
import { compileFilter } from '../event-stream-filter.js';
import { EventStreamService } from '../event-stream.service.js';
import type { SubscribedSocket } from './socket-subscriptions.js';
import { givenCursor, parseCursor } from '../stream-cursor.js';
import { RunNamespaces } from '../run-namespaces.js';

/** Parameters of `subscription.unsubscribe`. */
export class UnsubscribeParams {
  @IsString()
  @IsNotEmpty()
  subscription_id: string;
}

/** Parameters of `subscription.reconnect`; without `subscriptions` all of the socket's are meant. */
export class ReconnectParams {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  run_id?: string | null;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  last_event_id?: string | null;

  @IsOptional()
  @IsArray()
  @AtMost('MAX_SOCKET_SUBSCRIPTIONS')
  @IsString({ each: true })
  subscriptions?: string[] | null;
}

type Result = Record<string, unknown>;
/** What to answer, and what to do once the answer is out: the answer precedes the replay. */
type Step = { readonly result: Result; readonly afterwards?: () => void };

type Carry = (params: Result, socket: SubscribedSocket) => Awaitable<Step>;

/** The commands that change what a socket gets (docs/event-stream.md, WebSocket). */
@Injectable()
export class SubscriptionCommands {
  private readonly steps: ReadonlyMap<string, Carry> = new Map<string, Carry>([
    ['subscription.subscribe', this.subscribe.bind(this)],
    ['subscription.unsubscribe', this.unsubscribe.bind(this)],
    ['subscription.reconnect', this.reconnect.bind(this)],
  ]);

  constructor(
    private readonly streams: EventStreamService,
    private readonly log: EventLog,
    private readonly namespaces: RunNamespaces,
    private readonly settings: Settings,
  ) {}

  /** Answers one of them; false when the command is another. */
  async handle({ id, method, params }: Command, socket: SubscribedSocket): Promise<boolean> {
    const { threadId } = socket.context;
    const step = this.steps.get(method);
    if (!step) return false;
    const appliedThroughSeq = this.log.lastSeq(threadId);
    try {
      const { result, afterwards } = await step(params, socket);
      socket.send(success(id, threadId, { result, appliedThroughSeq }));
      afterwards?.();
    } catch (error) {
      const { code, message } = asProtocolError(error);
      socket.send(failure(id, code, message, { thread_id: threadId, applied_through_seq: appliedThroughSeq }));
    }
    return true;
  }

  private async subscribe(params: Result, socket: SubscribedSocket): Promise<Step> {
    const request = readParams(EventStreamRequest, params, this.settings);
    const filter = compileFilter(request);
    if (socket.subscriptions.size >= this.settings.MAX_SOCKET_SUBSCRIPTIONS) {
      throw new ProtocolError(
        'invalid_argument',
        `a socket holds at most ${this.settings.MAX_SOCKET_SUBSCRIPTIONS} subscriptions`,
      );
    }
    const { threadId } = socket.context;
    const start = await this.streams.start(threadId, filter, givenCursor(request, undefined));
    const subscription = socket.subscriptions.add(filter);
    const replayed = await this.streams.count(threadId, subscription, start);
    const result = { subscription_id: subscription.id, replayed_events: replayed, missed_events: start.missedEvents };
    return { result, afterwards: () => socket.replay(subscription, start) };
  }

  private unsubscribe(params: Result, socket: SubscribedSocket): Step {
    const { subscription_id: id } = readParams(UnsubscribeParams, params);
    const subscription = socket.subscriptions.get(id);
    if (!subscription) throw noSuchSubscription(id);
    socket.subscriptions.remove(id);
    subscription.replay += 1;
    return { result: {} };
  }

  private async reconnect(params: Result, socket: SubscribedSocket): Promise<Step> {
    const {
      run_id: runId,
      last_event_id: last,
      subscriptions: ids,
    } = readParams(ReconnectParams, params, this.settings);
    const { threadId } = socket.context;
    const named = new Set(ids ?? socket.subscriptions.all().map(({ id }) => id));
    const restored = [...named].map((id) => {
      const subscription = socket.subscriptions.get(id);
      if (!subscription) throw noSuchSubscription(id);
      return subscription;
    });
    const namespaces = await this.namespaces.of(threadId, runId ?? null);
    const cursor = last ? parseCursor(last) : null;
    const starts = await Promise.all(
      restored.map((subscription) => this.streams.start(threadId, subscription.filter, cursor)),
    );
    const missed = await this.streams.missedEvents(threadId, cursor);
    return {
      result: { restored: missed === 0, missed_events: missed, current_namespaces: namespaces },
      afterwards: () =>
        restored.forEach((subscription, index) => socket.replay(subscription, starts[index] as (typeof starts)[0])),
    };
  }
}

function noSuchSubscription(id: string): ProtocolError {
  return new ProtocolError('no_such_subscription', `This socket has no subscription ${id}.`);
}

function asProtocolError(error: unknown): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (error instanceof HttpException) return new ProtocolError('invalid_argument', error.message);
  return new ProtocolError('unknown_error', error instanceof Error ? error.message : String(error));
}
