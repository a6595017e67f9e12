import { HttpException } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { CommandContext } from '../commands/command.js';
import { failure } from '../commands/command-response.js';
import { StorageUnavailableError } from '../storage/storage-errors.js';
import { CursorLostError } from './cursor-lost-error.js';
import type { EventSocketServices } from './event-socket-services.js';
import { follow } from '../delivery/follow.js';
import type { NamespaceView } from './namespace-view.js';
import { readSocketCommand } from './socket-command.js';
import { type SocketSubscription, SocketSubscriptions, type SubscribedSocket } from './socket-subscriptions.js';
import type { StreamStart } from './stream-cursor.js';
import { WsSink } from './ws-sink.js';

/**
 * One WebSocket of one thread: commands come in, answers and events go out. All subscriptions that have caught up
 * share one view of the log (`follow`); a new one replays what its cursor asks for and joins them where they are.
 */
export class EventSocket implements SubscribedSocket {
  readonly sink: WsSink;
  readonly subscriptions: SocketSubscriptions;
  /** The seq up to which the shared view has been considered. */
  private position: number;
  private pending = 0;

  constructor(
    private readonly socket: WebSocket,
    readonly context: CommandContext,
    view: NamespaceView,
    private readonly services: EventSocketServices,
  ) {
    this.sink = new WsSink(socket, services.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    this.subscriptions = new SocketSubscriptions(view);
    const { threadId, caller } = context;
    const socketView = services.streams.socketSource(threadId, this.subscriptions, view);
    const source = services.admission.guard(socketView, threadId, caller, () => this.sink.refuse());
    this.position = source.head();
    socket.on('message', (data: Buffer, isBinary) => void this.receive(isBinary ? null : data));
    void follow(source, this.sink, this.position, (cursor) => {
      this.position = cursor;
    }).catch((error: unknown) => this.cut(error));
  }

  send(message: object): void {
    if (!this.sink.closed) this.socket.send(JSON.stringify(message));
  }

  /** A log that cannot be read, or not without a hole, cuts the socket. */
  replay(subscription: SocketSubscription, start: StreamStart): void {
    void this.catchUp(subscription, start).catch((error: unknown) => this.cut(error));
  }

  private async catchUp(subscription: SocketSubscription, start: StreamStart): Promise<void> {
    const { threadId } = this.context;
    const turn = subscription.restart(start);
    const filter = {
      channelsJson: subscription.filter.channelsJson,
      matches: subscription.wants.bind(subscription),
    };
    const admitted = this.services.streams.removed(threadId);
    let cursor = start.cursor;
    while (cursor < this.position) {
      const range = { after: cursor, through: this.position, room: this.sink.room(), admitted };
      const { chunk, through } = this.services.streams.readFrames(threadId, filter, this.subscriptions.view, range);
      cursor = through;
      if (chunk) this.sink.write(chunk);
      if (cursor < this.position) await this.sink.drained();
      if (this.sink.closed || subscription.replay !== turn) return;
    }
    subscription.liveAbove = cursor;
  }

  private cut(cause: unknown): void {
    if (cause instanceof CursorLostError) this.sink.cut('events were removed before they were read; subscribe again');
    else this.sink.cut('the log cannot be read');
  }

  /** A slow command does not hold up the next one; too many at once hold up the peer, not the server. */
  private async receive(frame: Buffer | null): Promise<void> {
    this.pending += 1;
    if (this.pending >= this.services.settings.MAX_SOCKET_PENDING_COMMANDS) this.socket.pause();
    try {
      await this.answer(frame);
    } finally {
      this.pending -= 1;
      if (this.socket.isPaused && !this.sink.closed) this.socket.resume();
    }
  }

  private async answer(frame: Buffer | null): Promise<void> {
    // Opened before the thread existed, it must not ask for what another has made there since.
    if (!this.services.admission.isOpenTo(this.context.threadId, this.context.caller)) return this.sink.refuse();
    const command = readSocketCommand(frame, this.services.settings);
    if ('type' in command) return this.send(command);
    try {
      const handled = this.services.subscriptionCommands.handle(command, this);
      if (!handled) this.send(await this.services.dispatcher.dispatch(command, this.context));
    } catch (error) {
      if (!(error instanceof HttpException) && !(error instanceof StorageUnavailableError)) throw error;
      this.send(failure(command.id, 'unknown_error', error.message));
    }
  }
}
