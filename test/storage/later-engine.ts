import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DynamicModule } from '@nestjs/common';
import type { Checkpointer } from '../../src/storage/checkpointer.js';
import type { CommitUnit } from '../../src/storage/log/commit-unit.js';
import { LogStorage } from '../../src/storage/log/log-storage.js';
import { DatabaseModule } from '../../src/storage/sqlite/database.module.js';
import type { Database } from '../../src/storage/sqlite/database.js';
import { SQLITE_PORTS } from '../../src/storage/sqlite/sqlite-storage.module.js';

/** What every engine answers in the same tick. */
const AT_ONCE = new Set(['head', 'fault', 'close', 'health', 'rootTimestamp']);
/** LangGraph's part of the checkpointer, which is asynchronous by itself. */
const OF_SAVER = new Set(['getTuple', 'list', 'put', 'putWrites', 'deleteThread', 'getNextVersion', 'get']);

class Again extends Error {}

/**
 * The real engine, which answers each question a turn of the loop later, as one behind a network does, and makes each
 * decision twice on a unit of its own, as one does that was asked for more than it had loaded.
 */
export function later<T extends object>(engine: T): T {
  return new Proxy(engine, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => unknown;
      if (typeof name !== 'string' || AT_ONCE.has(name) || OF_SAVER.has(name)) return call;
      return async (...args: unknown[]) => {
        await nextTurn();
        if (target instanceof LogStorage && name === 'commit') rehearse(target, args[0] as readonly CommitUnit[]);
        return call(...args);
      };
    },
  });
}

/** Makes the decisions, and rolls back what they changed. */
function rehearse(engine: LogStorage, units: readonly CommitUnit[]): void {
  const stop: CommitUnit = {
    threadId: 'rehearsal',
    drafts: [],
    work: () => {
      throw new Again();
    },
  };
  try {
    void engine.commit([...units, stop]);
  } catch (error) {
    // What else it throws it throws again when it counts.
    if (!(error instanceof Error)) throw error;
  }
}

/** For `startLogServer`: every port answers later. */
export function laterEngine(
  database: Database,
  checkpointer: Checkpointer,
): { storage: DynamicModule; checkpointer: Checkpointer } {
  const engines = SQLITE_PORTS.map(({ useClass }) => useClass);
  const ports = SQLITE_PORTS.map(({ provide, useClass }) => ({ provide, useFactory: later, inject: [useClass] }));
  return {
    storage: {
      module: class LaterStorageModule {},
      global: true,
      imports: [DatabaseModule.forRoot(database)],
      providers: [...engines, ...ports],
      exports: SQLITE_PORTS.map(({ provide }) => provide),
    },
    checkpointer: later(checkpointer),
  };
}
