import { Module } from '@nestjs/common';
import { CommandsModule } from '../commands/commands.module.js';
import { DeliveryModule } from '../../delivery/delivery.module.js';
import { EventLogModule } from '../../event-log/event-log.module.js';
import { ThreadsModule } from '../../threads/threads.module.js';
import { EventSocketGateway } from './socket/event-socket.gateway.js';
import { EventSocketServices } from './socket/event-socket-services.js';
import { EventStreamController } from './event-stream.controller.js';
import { EventStreamService } from './event-stream.service.js';
import { RunNamespaces } from './run-namespaces.js';
import { StreamAdmission } from './stream-admission.js';
import { SubscriptionCommands } from './socket/subscription-commands.js';

@Module({
  imports: [CommandsModule, DeliveryModule, EventLogModule, ThreadsModule],
  controllers: [EventStreamController],
  providers: [
    EventSocketGateway, EventSocketServices, EventStreamService, RunNamespaces, StreamAdmission,
    SubscriptionCommands,
  ],
})
export class EventStreamingModule {}
