import { Module } from '@nestjs/common';
import { OpenStreams } from './open-streams.js';

/** What every surface that streams shares: one list of open streams, with one way to end them. */
@Module({ providers: [OpenStreams], exports: [OpenStreams] })
export class DeliveryModule {}
