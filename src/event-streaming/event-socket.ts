import { HttpException } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { CommandDispatcher } from '../commands/command-dispatcher.js';
import type { CommandContext } from '../commands/command.js';
import { failure } from '../commands/command-response.js';
import type { Settings } from '../config/settings.js';
import { StorageUnavailableError } from '../event-log/storage-errors.js';
import type { EventStreamService } from './event-stream.service.js';
import { follow } from './follow.js';
import type { NamespaceView } from './namespace-view.js';
import { readSocketCommand } from './socket-command.js';
import { type SocketSubscription, SocketSubscriptions } from './socket-subscriptions.js';
import type { StreamStart } from './stream-cursor.js';
import type { SubscriptionCommands } from './subscription-commands.js';
import { WsSink } from './ws-sink.js';

/**
 * One WebSocket of one thread: commands come in, answers and events go out. All subscriptions that have caught up
 * share one view of the log (`follow`); a new one replays what its cursor asks for and joins them where they are.
 */
export class EventSocket {
  readonly sink: WsSink;
  readonly subscriptions: SocketSubscriptions;
  /** The seq up to which the shared view has been considered. */
  private position: number;
  private pending = 0;

  constructor(
    private readonly socket: WebSocket,
    readonly context: CommandContext,
    view: NamespaceView,
    private readonly streams: EventStreamService,
    private readonly dispatcher: CommandDispatcher,
    private readonly subscriptionCommands: SubscriptionCommands,
    private readonly settings: Settings,
  ) {
    this.sink = new WsSink(socket, settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    this.subscriptions = new SocketSubscriptions(view);
    const source = streams.socketSource(context.threadId, this.subscriptions, view);
    this.position = source.head();
    socket.on('message', (data, isBinary) => void this.receive(isBinary ? null : String(data as Buffer)));
    void follow(source, this.sink, this.position, (cursor) => {
      this.position = cursor;
    }).catch(() => this.sink.cut());
  }

  send(message: object): void {
    if (!this.sink.closed) this.socket.send(JSON.stringify(message));
  }

  /** Replays what `start` asks for, then lets the shared view serve the subscription. */
  async replay(subscription: SocketSubscription, start: StreamStart): Promise<void> {
    const { threadId } = this.context;
    const turn = subscription.restart(start);
    const filter = {
      channelsJson: subscription.filter.channelsJson,
      matches: subscription.wants.bind(subscription),
    };
    let cursor = start.cursor;
    while (cursor < this.position) {
      const range = { after: cursor, through: this.position, room: this.sink.room() };
      const { chunk, through } = this.streams.readFrames(threadId, filter, this.subscriptions.view, range);
      cursor = through;
      if (chunk) this.sink.write(chunk);
      if (cursor < this.position) await this.sink.drained();
      if (this.sink.closed || subscription.replay !== turn) return;
    }
    subscription.liveAbove = cursor;
  }

  /** A slow command does not hold up the next one; too many at once hold up the peer, not the server. */
  private async receive(text: string | null): Promise<void> {
    this.pending += 1;
    if (this.pending >= this.settings.MAX_SOCKET_PENDING_COMMANDS) this.socket.pause();
    try {
      await this.answer(text);
    } finally {
      this.pending -= 1;
      if (this.socket.isPaused && !this.sink.closed) this.socket.resume();
    }
  }

  private async answer(text: string | null): Promise<void> {
    const command = readSocketCommand(text);
    if ('type' in command) return this.send(command);
    try {
      const handled = this.subscriptionCommands.handle(command, this);
      if (!handled) this.send(await this.dispatcher.dispatch(command, this.context));
    } catch (error) {
      if (!(error instanceof HttpException) && !(error instanceof StorageUnavailableError)) throw error;
      this.send(failure(command.id, 'unknown_error', error.message));
    }
  }
}
