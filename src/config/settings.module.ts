import { type DynamicModule, Module } from '@nestjs/common';
import { Settings } from './settings.js';

/** Gives every module of the application the one `Settings` that the start has loaded and validated. */
@Module({})
export class SettingsModule {
  static forRoot(settings: Readonly<Settings>): DynamicModule {
    return {
      module: SettingsModule,
      global: true,
      providers: [{ provide: Settings, useValue: settings }],
      exports: [Settings],
    };
  }
}
