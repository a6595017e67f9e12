import type { InterruptRow } from '../rows/interrupt.js';
import type { RowChange } from './row-change.js';
import type { UnitSource } from './unit-source.js';

/** The interrupts of a unit's thread: what is stored, with what the unit has changed of it. */
export class UnitInterrupts {
  private loaded: Map<string, InterruptRow> | null = null;
  /** What the unit saved of what graphs ask. */
  private readonly asked = new Map<string, string>();

  constructor(private readonly source: UnitSource, private readonly changes: RowChange[]) {}

  /** In the order in which they were announced. */
  all(): InterruptRow[] {
    return [...this.rows.values()].sort((one, other) => one.requestedSeq - other.requestedSeq);
  }

  /** Those that nobody has answered yet, in that order. */
  open(): InterruptRow[] {
    return this.all().filter(({ answeredByRun }) => answeredByRun === null);
  }

  /** Those that a run has been accepted to answer, in that order. */
  answeredBy(runId: string): InterruptRow[] {
    return this.all().filter(({ answeredByRun }) => answeredByRun === runId);
  }

  find(interruptId: string): InterruptRow | null {
    return this.rows.get(interruptId) ?? null;
  }

  /** JSON text of the data of an interrupt's `input.requested`. */
  dataOf({ interruptId }: InterruptRow): string {
    return this.asked.get(interruptId) ?? this.source.interruptData(interruptId);
  }

  save(row: InterruptRow, dataJson: string, now: number): void {
    this.rows.set(row.interruptId, row);
    this.asked.set(row.interruptId, dataJson);
    this.changes.push({ kind: 'interrupt.save', row, dataJson, now });
  }

  /** Gives an open interrupt to the run that answers it; one that is not open stays as it is. */
  giveTo(interruptId: string, runId: string): void {
    const row = this.find(interruptId);
    if (row?.answeredByRun === null) this.update({ ...row, answeredByRun: runId, answeredSeq: null });
  }

  setAnsweredSeq(row: InterruptRow, answeredSeq: number): void {
    this.update({ ...row, answeredSeq });
  }

  reopen(row: InterruptRow): void {
    this.update({ ...row, answeredByRun: null, answeredSeq: null });
  }

  remove({ interruptId }: InterruptRow): void {
    this.rows.delete(interruptId);
    this.changes.push({ kind: 'interrupt.remove', interruptId });
  }

  private update(row: InterruptRow): void {
    this.rows.set(row.interruptId, row);
    this.changes.push({ kind: 'interrupt.update', row });
  }

  private get rows(): Map<string, InterruptRow> {
    return (this.loaded ??= new Map(this.source.interrupts().map((row) => [row.interruptId, row])));
  }
}
