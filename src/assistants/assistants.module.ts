import { Module } from '@nestjs/common';
import { AssistantLists } from './assistant-lists.js';
import { Assistants } from './assistants.service.js';
import { SystemAssistants } from './system-assistants.js';

/** Assistants and their versions. Storage, graphs and `Ownership` come from global modules. */
@Module({
  providers: [AssistantLists, Assistants, SystemAssistants],
  exports: [AssistantLists, Assistants, SystemAssistants],
})
export class AssistantsModule {}
