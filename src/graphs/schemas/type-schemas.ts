import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Settings } from '../../config/settings.js';
import type { GraphEntry } from '../loading/config/langgraph-config.js';
import type { KnownSchemas } from './graph-schema.js';
import type { TypeRequest } from './type-worker.js';

const TYPED = /\.[cm]?tsx?$/;
const KEPT = 100;

/**
 * The schemas that a graph's TypeScript types say. Reading them takes seconds, so it happens in a thread of its own,
 * one graph at a time, and once for each content of a file. Where it fails there are none, and the log says why.
 */
@Injectable()
export class TypeSchemas implements OnModuleDestroy {
  private readonly logger = new Logger(TypeSchemas.name);
  private readonly known = new LRUCache<string, Promise<KnownSchemas>>({ max: KEPT });
  private last: Promise<unknown> = Promise.resolve();
  private worker: Worker | null = null;
  private isClosed = false;

  constructor(private readonly settings: Settings) {}

  /** Nothing for a file that is no TypeScript, or without a `typescript` in reach of it or of the server. */
  async of({ file, exportName, id }: Pick<GraphEntry, 'file' | 'exportName' | 'id'>): Promise<KnownSchemas> {
    const typescript = TYPED.test(file) ? findTypeScript(file) : null;
    if (typescript === null) return {};
    const hash = createHash('sha256').update(await readFile(file)).digest('hex');
    const key = JSON.stringify([file, exportName, hash]);
    const schemas = this.known.get(key) ?? this.queue(id, { file, exportName, typescript });
    this.known.set(key, schemas);
    return schemas;
  }

  /** Ends what is being read. */
  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    await this.worker?.terminate();
  }

  private queue(graph: string, request: TypeRequest): Promise<KnownSchemas> {
    const schemas = this.last.then(() => this.read(request)).catch((error: unknown) => {
      if (!this.isClosed) this.logger.warn({ graph, err: error }, 'the types of a graph cannot be read');
      return {};
    });
    this.last = schemas;
    return schemas;
  }

  private async read(request: TypeRequest): Promise<KnownSchemas> {
    if (this.isClosed) return {};
    const { SCHEMA_TIMEOUT_MS: limit, SCHEMA_MEMORY_BYTES: memory } = this.settings;
    const worker = startWorker(request, memory);
    this.worker = worker;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<KnownSchemas>((resolve, reject) => {
        worker.once('message', resolve).once('error', reject);
        worker.once('exit', () => reject(new Error('its thread ended without an answer')));
        timer = setTimeout(() => reject(new Error(`it took more than ${limit} ms (SCHEMA_TIMEOUT_MS)`)), limit);
      });
    } finally {
      clearTimeout(timer);
      this.worker = null;
      await worker.terminate();
    }
  }
}

/** The compiler of the graph's project, else the server's, where it has one. */
function findTypeScript(file: string): string | null {
  for (const from of [file, import.meta.filename]) {
    try {
      return createRequire(from).resolve('typescript');
    } catch {
      // Not installed there.
    }
  }
  return null;
}

/** The module beside this one. */
function startWorker(request: TypeRequest, memory: number): Worker {
  const extension = extname(import.meta.filename);
  const module = join(dirname(import.meta.filename), `type-worker${extension}`);
  const options = {
    workerData: request,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: Math.floor(memory / 1_048_576) },
  };
  return extension === '.ts' ? new Worker(fromSources(module), { ...options, eval: true }) : new Worker(module, options);
}

/** A server that runs from its sources has this module in TypeScript. */
function fromSources(module: string): string {
  const path = JSON.stringify(module);
  return `const load = require('node:module').createRequire(${path}); load('tsx/cjs/api').register(); load(${path});`;
}
