import { Injectable } from '@nestjs/common';
import { Database } from '../../storage/sqlite/database.js';

/** How the process ended that had the database before this one. */
@Injectable()
export class ProcessLife {
  private readonly select;
  private readonly upsert;

  constructor(database: Database) {
    this.select = database.handle.prepare<[], number>('SELECT stopping FROM process_life').pluck();
    this.upsert = database.handle.prepare<[number]>(
      'INSERT INTO process_life (id, stopping) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET stopping = excluded.stopping',
    );
  }

  /** True when it ended without having been asked to; false also when there was none. Call it before `begin`. */
  get wasLost(): boolean {
    return this.select.get() === 0;
  }

  /** This process has taken over. */
  begin(): void {
    this.upsert.run(0);
  }

  /** It has been asked to stop: its end from now on, a SIGKILL at the end of the grace included, is no run's fault. */
  stopping(): void {
    this.upsert.run(1);
  }
}
