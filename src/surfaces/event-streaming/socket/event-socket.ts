import { HttpException, Logger } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { Command, CommandContext } from '../../commands/command.js';
import { failure } from '../../commands/command-response.js';
import { StorageUnavailableError } from '../../../storage/storage-errors.js';
import { CommandIntake } from './command-intake.js';
import type { EventSocketServices } from './event-socket-services.js';
import { CursorLostError } from '../../../delivery/cursor-lost-error.js';
import { type StreamIds, deliver, logCut } from '../../../delivery/deliver.js';
import type { NamespaceView } from '../namespace-view.js';
import { readSocketCommand } from './socket-command.js';
import { type SocketSubscription, SocketSubscriptions, type SubscribedSocket } from './socket-subscriptions.js';
import type { Admission } from '../stream-cursor.js';
import { WsSink } from './ws-sink.js';

/**
 * One WebSocket of one thread: commands come in, answers and events go out. All subscriptions that have caught up
 * share one view of the log (`follow`); a new one replays what its cursor asks for and joins them where they are.
 */
export class EventSocket implements SubscribedSocket {
  private readonly logger = new Logger(EventSocket.name);
  readonly sink: WsSink;
  readonly subscriptions: SocketSubscriptions;
  /** The seq up to which the shared view has been considered. */
  private position: number;
  /** Settles when the commands before the next one have had their effect on the subscriptions. */
  private order: Promise<void> = Promise.resolve();
  /** The last command of each method that has large answers. */
  private readonly turns = new Map<string, Promise<void>>();

  constructor(
    private readonly socket: WebSocket,
    readonly context: CommandContext,
    view: NamespaceView,
    private readonly services: EventSocketServices,
    private readonly ids: StreamIds,
  ) {
    this.sink = new WsSink(socket, services.settings.MAX_SUBSCRIBER_BUFFER_BYTES);
    this.subscriptions = new SocketSubscriptions(view);
    const { threadId, caller } = context;
    const socketView = services.streams.socketSource(threadId, this.subscriptions, view);
    const source = services.admission.guard(socketView, threadId, caller, () => this.sink.refuse());
    this.position = source.head();
    const { MAX_SOCKET_PENDING_COMMANDS: maxPending, MAX_BODY_BYTES: maxPendingLength } = services.settings;
    new CommandIntake(socket, this.sink, { maxPending, maxPendingLength, answer: (frame) => this.answer(frame) });
    void deliver({
      source, sink: this.sink, cursor: this.position, ids,
      cut: (error) => this.cut(error),
      onProgress: (cursor) => {
        this.position = cursor;
      },
    });
  }

  send(message: object): void {
    if (!this.sink.closed) this.socket.send(JSON.stringify(message));
  }

  /** A log that cannot be read, or not without a hole, cuts the socket. */
  replay(subscription: SocketSubscription, start: Admission): void {
    void this.catchUp(subscription, start).catch((error: unknown) => {
      logCut(this.ids, error);
      this.cut(error);
    });
  }

  private async catchUp(subscription: SocketSubscription, start: Admission): Promise<void> {
    const { threadId } = this.context;
    const turn = subscription.restart(start);
    const filter = {
      channelsJson: subscription.filter.channelsJson,
      matches: subscription.wants.bind(subscription),
    };
    let cursor = start.cursor;
    while (cursor < this.position) {
      // Many replays at once must not bring an event each where there is no room for one.
      while (this.sink.room() <= 0 && !this.sink.closed) await this.sink.drained();
      if (this.sink.closed || subscription.replay !== turn) return;
      const range = { after: cursor, through: this.position, room: this.sink.room(), admitted: start.removed };
      const { chunk, through } = await this.services.streams.readFrames(
        threadId,
        filter,
        this.subscriptions.view,
        range,
      );
      cursor = through;
      if (chunk) this.sink.write(chunk);
      if (cursor < this.position) await this.sink.drained();
    }
    subscription.liveAbove = cursor;
  }

  private cut(cause: unknown): void {
    if (cause instanceof CursorLostError) this.sink.cut('events were removed before they were read; subscribe again');
    else this.sink.cut('the log cannot be read');
  }

  /** Never rejects: whatever goes wrong is an answer. */
  private async answer(frame: Buffer | null): Promise<void> {
    const command = readSocketCommand(frame, this.services.settings);
    try {
      const isDone = this.order.then(() => this.answerInOrder(command));
      this.order = isDone.then(() => undefined, () => undefined);
      if ((await isDone) || 'type' in command) return;
      await this.inTurn(command, async () => this.send(await this.services.dispatcher.dispatch(command, this.context)));
    } catch (error) {
      const isStatus = error instanceof HttpException || error instanceof StorageUnavailableError;
      if (!isStatus)
        this.logger.error(
          { thread_id: this.ids.threadId, stream_id: this.ids.streamId, err: error },
          'a command failed',
        );
      this.send(
        failure(
          command.id,
          'unknown_error',
          isStatus ? error.message : 'The command failed; the log of the server says why.',
        ),
      );
    }
  }

  /** What changes subscriptions takes effect in the order in which it came. Returns whether the command is answered. */
  private async answerInOrder(command: ReturnType<typeof readSocketCommand>): Promise<boolean> {
    const { threadId, caller } = this.context;
    // Opened before the thread existed, it must not ask for what another has made there since.
    if (!(await this.services.admission.isOpenTo(threadId, caller))) {
      this.sink.refuse();
      return true;
    }
    if (!('type' in command)) return this.services.subscriptionCommands.handle(command, this);
    this.send(command);
    return true;
  }

  /**
   * Commands whose answers may be as large as a state are carried out one after the other, each when there is room for
   * its answer: whoever asks a hundred times and does not read costs one answer, not a hundred.
   */
  private async inTurn({ method }: Command, work: () => Promise<void>): Promise<void> {
    if (!this.services.dispatcher.hasLargeAnswer(method)) return work();
    const turn = (this.turns.get(method) ?? Promise.resolve()).then(async () => {
      while (this.sink.room() <= 0 && !this.sink.closed) await this.sink.drained();
      if (!this.sink.closed) await work();
    });
    this.turns.set(method, turn.catch(() => undefined));
    return turn;
  }
}
