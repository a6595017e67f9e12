import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule, type Foundation } from '../app.module.js';
import { Settings } from '../config/settings.js';
import { createAdapter } from '../http/http-adapter.js';
import { SqliteStorageModule } from '../storage/sqlite/sqlite-storage.module.js';
import { openApiDocument } from '../http/openapi-document.js';

/** Stands for what a preview never touches: in that mode Nest scans the modules and makes nothing. */
const NOT_OPENED = {} as never;

/**
 * The text of `openapi.json`, from the routes of the real application. No database is opened and no graph is loaded, so
 * it depends on the code alone.
 */
export async function openApiText(): Promise<string> {
  const settings = new Settings();
  const storage = SqliteStorageModule.forRoot(NOT_OPENED);
  const foundation: Foundation = { settings, storage, checkpointer: NOT_OPENED, graphs: NOT_OPENED };
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(foundation), createAdapter(settings), {
    preview: true,
    logger: ['error'],
    abortOnError: false,
  });
  return `${JSON.stringify(openApiDocument(app), null, 2)}\n`;
}

/** `npm run openapi`: writes the document to the path given, `openapi.json` of the working directory by default. */
if (import.meta.filename === resolve(process.argv[1] ?? ''))
  await writeFile(process.argv[2] ?? 'openapi.json', await openApiText());
