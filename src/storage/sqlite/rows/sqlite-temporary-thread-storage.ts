import { Injectable } from '@nestjs/common';
import { type TemporaryThread, TemporaryThreadStorage } from '../../temporary-thread-storage.js';
import { Database } from '../database.js';

/** Temporary threads in SQLite: one synchronous statement per call. */
@Injectable()
export class SqliteTemporaryThreadStorage extends TemporaryThreadStorage {
  private readonly select;
  private readonly update;

  constructor({ handle }: Database) {
    super();
    this.select = handle.prepare<[], TemporaryThread>(
      'SELECT thread_id AS threadId, remove_at AS removeAt FROM temporary_threads',
    );
    this.update = handle.prepare<[number, string]>('UPDATE temporary_threads SET remove_at = ? WHERE thread_id = ?');
  }

  override all(): TemporaryThread[] {
    return this.select.all();
  }

  override setRemoval(threadId: string, removeAt: number): void {
    this.update.run(removeAt, threadId);
  }
}
