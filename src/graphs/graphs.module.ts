import { type DynamicModule, Global, Module } from '@nestjs/common';
import { AssistantResolver } from './assistant-resolver.js';
import { Checkpointer } from '../storage/checkpointer.js';
import { GraphRegistry } from './graph-registry.js';
import { GraphInspection } from './schemas/graph-inspection.js';
import { TypeSchemas } from './schemas/type-schemas.js';
import { StoreScopes } from './store/store-scopes.js';

/** The graphs of one langgraph.json and where their state is kept; both are opened before the application. */
@Global()
@Module({})
export class GraphsModule {
  static forRoot(graphs: GraphRegistry, checkpointer: Checkpointer): DynamicModule {
    return {
      module: GraphsModule,
      providers: [
        { provide: GraphRegistry, useValue: graphs },
        { provide: StoreScopes, useValue: graphs.stores },
        { provide: Checkpointer, useValue: checkpointer },
        AssistantResolver,
        GraphInspection,
        TypeSchemas,
      ],
      exports: [GraphRegistry, StoreScopes, Checkpointer, AssistantResolver, GraphInspection],
    };
  }
}
