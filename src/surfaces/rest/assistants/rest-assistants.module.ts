import { Module } from '@nestjs/common';
import { AssistantsModule } from '../../../assistants/assistants.module.js';
import { RunsModule } from '../../../runs/runs.module.js';
import { AssistantGraphController } from './assistant-graph.controller.js';
import { AssistantRemoval } from './assistant-removal.js';
import { AssistantsController } from './assistants.controller.js';

/** The REST routes of assistants and of their graphs. */
@Module({
  imports: [AssistantsModule, RunsModule],
  controllers: [AssistantsController, AssistantGraphController],
  providers: [AssistantRemoval],
})
export class RestAssistantsModule {}
