import { Module } from '@nestjs/common';
import { ThreadsModule } from '../../../threads/threads.module.js';
import { ThreadStateController } from './thread-state.controller.js';
import { ThreadsController } from './threads.controller.js';

/** The REST routes of threads and their state. */
@Module({ imports: [ThreadsModule], controllers: [ThreadsController, ThreadStateController] })
export class RestThreadsModule {}
