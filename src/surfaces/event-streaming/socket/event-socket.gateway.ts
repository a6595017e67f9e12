import websocket from '@fastify/websocket';
import { HttpException, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { WebSocket } from 'ws';
import { REFUSES_BY_CLOSE_CODE } from '../../../auth/authentication.js';
import { type Caller, callerOf, type CallerCarrier } from '../../../auth/caller.js';
import { EventSocket } from './event-socket.js';
import { EventSocketServices } from './event-socket-services.js';
import { namespaceView } from '../namespace-view.js';
import { OpenStreams } from '../../../delivery/open-streams.js';
import { StreamAdmission } from '../stream-admission.js';

const PATHS = ['/threads/:thread_id/stream/events', '/threads/:thread_id/stream'];

/** Routes that only upgrades match, so that a path can be a WebSocket and a plain GET of somebody else's. */
const UPGRADE = 'upgrade';

type Strategy = Parameters<FastifyInstance['addConstraintStrategy']>[0];
type Handler = Parameters<ReturnType<Strategy['storage']>['set']>[1];

function upgradesOnly(): Strategy {
  return {
    name: UPGRADE,
    storage: () => {
      const handlers = new Map<unknown, Handler>();
      return {
        get: (value) => handlers.get(value) ?? null,
        set: (value, handler) => void handlers.set(value, handler),
      };
    },
    deriveConstraint: ({ upgrade }: object & { upgrade?: boolean }) => upgrade || undefined,
    validate: () => undefined,
  };
}

type UpgradeRequest = FastifyRequest<{ Params: { thread_id: string } }> & CallerCarrier;

/** The WebSocket routes, on Fastify itself: the framework's own adapter matches exact paths only. */
@Injectable()
export class EventSocketGateway implements OnModuleInit {
  private readonly logger = new Logger(EventSocketGateway.name);

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly services: EventSocketServices,
    private readonly admission: StreamAdmission,
    private readonly openStreams: OpenStreams,
  ) {}

  onModuleInit(): void {
    const fastify = this.adapterHost.httpAdapter.getInstance<FastifyInstance>();
    fastify.addConstraintStrategy(upgradesOnly());
    fastify.register(websocket, { options: { maxPayload: this.services.settings.MAX_BODY_BYTES } });
    fastify.register((instance, _options, done) => {
      for (const path of PATHS) {
        const options = { websocket: true, config: REFUSES_BY_CLOSE_CODE, constraints: { [UPGRADE]: true } } as const;
        instance.get(path, options, (socket, request) => void this.open(socket, request as UpgradeRequest));
      }
      done();
    });
  }

  /** A refusal is told by a close code, 4000 + the HTTP status: a browser sees nothing of a refused upgrade. */
  private async open(socket: WebSocket, request: UpgradeRequest): Promise<void> {
    const threadId = request.params.thread_id;
    socket.on('error', (err) => this.logger.debug({ thread_id: threadId, err }, 'a socket failed'));
    let caller: Caller;
    try {
      caller = callerOf(request);
      await this.admission.assert(threadId, caller);
    } catch (error) {
      const status = error instanceof HttpException ? error.getStatus() : 500;
      return socket.close(
        4000 + status,
        error instanceof HttpException ? error.message.slice(0, 120) : 'internal error',
      );
    }
    const ids = { threadId, streamId: String(request.id) };
    const { headers } = request;
    const context = { threadId, caller, headers };
    const { sink } = new EventSocket(socket, context, namespaceView(headers), this.services, ids);
    sink.onClose(this.openStreams.add(this.admission.guardedBeat(sink, threadId, caller, () => sink.refuse())));
  }
}
