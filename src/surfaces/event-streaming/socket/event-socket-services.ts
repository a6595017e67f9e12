import { Injectable } from '@nestjs/common';
import { CommandDispatcher } from '../../commands/command-dispatcher.js';
import { Settings } from '../../../config/settings.js';
import { EventStreamService } from '../event-stream.service.js';
import { StreamAdmission } from '../stream-admission.js';
import { SubscriptionCommands } from './subscription-commands.js';

/** What every socket shares. */
@Injectable()
export class EventSocketServices {
  constructor(
    readonly streams: EventStreamService,
    readonly dispatcher: CommandDispatcher,
    readonly subscriptionCommands: SubscriptionCommands,
    readonly admission: StreamAdmission,
    readonly settings: Settings,
  ) {}
}
