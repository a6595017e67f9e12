import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Database } from './database.js';

/**
 * Gives every module the database that the start has opened, as `Database` and as TypeORM's `DataSource`.
 *
 * The module of TypeORM closes the data source in `onApplicationShutdown`, the last of Nest's shutdown hooks: who
 * still writes at the end must be done in `onModuleDestroy` or `beforeApplicationShutdown`.
 */
@Module({})
export class DatabaseModule {
  static forRoot(database: Database): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'better-sqlite3', database: database.path, retryAttempts: 0 }),
          dataSourceFactory: async () => database.dataSource,
        }),
      ],
      providers: [{ provide: Database, useValue: database }],
      exports: [Database],
    };
  }
}
