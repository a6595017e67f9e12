import { Module } from '@nestjs/common';
import { CronsModule } from '../../../crons/crons.module.js';
import { CronsController } from './crons.controller.js';
import { ThreadCronsController } from './thread-crons.controller.js';

/** The REST routes of crons. */
@Module({ imports: [CronsModule], controllers: [CronsController, ThreadCronsController] })
export class RestCronsModule {}
