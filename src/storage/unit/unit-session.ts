import type { SessionRow } from '../rows/session.js';
import type { RowChange } from './row-change.js';
import type { UnitSource } from './unit-source.js';

/** What is kept of a session beside the unit's thread. */
export class UnitSession {
  private stored: SessionRow | null | undefined;

  constructor(private readonly source: UnitSource, private readonly changes: RowChange[]) {}

  /** Null for a thread of which nothing more is kept. */
  get row(): SessionRow | null {
    if (this.stored === undefined) this.stored = this.source.session();
    return this.stored;
  }

  save(row: SessionRow): void {
    this.stored = row;
    this.changes.push({ kind: 'session.save', row });
  }
}
