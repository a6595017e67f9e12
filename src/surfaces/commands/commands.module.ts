import { Module } from '@nestjs/common';
import { EventLogModule } from '../../event-log/event-log.module.js';
import { RunsModule } from '../../runs/runs.module.js';
import { ThreadsModule } from '../../threads/threads.module.js';
import { COMMAND_HANDLERS, CommandDispatcher } from './command-dispatcher.js';
import { CommandsController } from './commands.controller.js';
import { AgentGetTree } from './agent-get-tree.js';
import type { CommandHandler } from './command.js';
import { InputInject } from './input-inject.js';
import { InputRespond } from './input-respond.js';
import { RunStart } from './run-start.js';
import { SOCKET_ONLY_HANDLERS } from './socket-only-commands.js';
import { StateFork } from './state-fork.js';
import { StateGet } from './state-get.js';
import { StateListCheckpoints } from './state-list-checkpoints.js';
import { ThreadGraph } from './thread-graph.js';

const HANDLERS = [RunStart, InputRespond, InputInject, StateGet, StateListCheckpoints, StateFork, AgentGetTree];

@Module({
  imports: [EventLogModule, RunsModule, ThreadsModule],
  controllers: [CommandsController],
  providers: [
    ...HANDLERS,
    ThreadGraph,
    {
      provide: COMMAND_HANDLERS,
      inject: HANDLERS,
      useFactory: (...handlers: CommandHandler[]) => [...handlers, ...SOCKET_ONLY_HANDLERS],
    },
    CommandDispatcher,
  ],
  exports: [CommandDispatcher],
})
export class CommandsModule {}
