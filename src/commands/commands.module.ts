import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { RunsModule } from '../runs/runs.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { COMMAND_HANDLERS, CommandDispatcher } from './command-dispatcher.js';
import { CommandsController } from './commands.controller.js';
import { InputRespond } from './input-respond.js';
import { RunStart } from './run-start.js';
import { StateGet } from './state-get.js';

const HANDLERS = [RunStart, InputRespond, StateGet];

@Module({
  imports: [EventLogModule, RunsModule, ThreadsModule],
  controllers: [CommandsController],
  providers: [
    ...HANDLERS,
    { provide: COMMAND_HANDLERS, inject: HANDLERS, useFactory: (...handlers) => handlers },
    CommandDispatcher,
  ],
  exports: [CommandDispatcher],
})
export class CommandsModule {}
