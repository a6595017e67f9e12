import type { NewRun, Run, RunError, RunOutline, RunStatus, StartedRun, StopWish } from '../rows/run.js';
import type { RowChange } from './row-change.js';
import type { UnitSource } from './unit-source.js';

/** Where runs that are not stored yet stand in the order of acceptance: behind all that are. */
const BEYOND_STORED = 2 ** 52;

/** The runs of a unit's thread: what is stored, with what the unit has changed of it. */
export class UnitRuns {
  /** What the unit changed, null for what it removed. */
  private readonly changed = new Map<string, RunOutline | null>();
  private readonly inserted: NewRun[] = [];

  constructor(private readonly source: UnitSource, private readonly changes: RowChange[]) {}

  /** The run without what it was given, or null. */
  outline(runId: string): RunOutline | null {
    const changed = this.changed.get(runId);
    return changed === undefined ? this.source.run(runId) : changed;
  }

  /** The whole run, or null. What decides about runs needs its outline only. */
  whole(runId: string): Run | null {
    const outline = this.changed.get(runId);
    if (outline === null) return null;
    const own = this.inserted.find((run) => run.runId === runId);
    if (own && outline) return { ...outline, ...documentsOf(own), error: null };
    const whole = this.source.wholeRun(runId);
    return whole && outline ? { ...whole, ...outline } : whole;
  }

  statusOf(runId: string): RunStatus | null {
    return this.outline(runId)?.status ?? null;
  }

  /** The run that has started and not ended, in this process or in one that was lost. */
  running(): RunOutline | null {
    const stored = this.source.runningRun();
    return this.overlaid(stored ? [stored] : [], isRunning)[0] ?? null;
  }

  /** Runs that are active or wait, in order of acceptance. */
  unfinished(): RunOutline[] {
    const active = this.running();
    const waiting = this.overlaid(this.source.pendingRuns(), ({ status }) => status === 'pending');
    return inOrder(active ? [active, ...waiting] : waiting);
  }

  /** The run that is active, or else the one that is next and due at `now` (epoch ms), or null. */
  next(now = Date.now()): RunOutline | null {
    const active = this.running();
    if (active) return active;
    const due = this.unfinished().filter(({ dueAt }) => dueAt === null || dueAt <= now);
    return due.reduce<RunOutline | null>(
      (first, run) => (first === null || run.priority > first.priority ? run : first),
      null,
    );
  }

  /** Runs cancelled while they waited, whose terminal is not in the log yet; in order of acceptance. */
  owing(): RunOutline[] {
    return inOrder(this.overlaid(this.source.owingRuns(), ({ owedTerminal }) => owedTerminal !== null));
  }

  insert(run: NewRun): void {
    const { kwargs: _, metadataJson: _metadata, now, ...fields } = run;
    this.changed.set(run.runId, {
      ...fields,
      position: BEYOND_STORED + this.inserted.length,
      status: 'pending',
      attempt: 0,
      watchMs: 0,
      started: false,
      startCheckpointId: null,
      attemptCheckpointId: null,
      firstSeq: null,
      owedTerminal: null,
      cancelAction: null,
      cancelReason: null,
      answers: answersOf(run),
      webhook: run.kwargs.webhook ?? null,
      resumeCounts: {},
      createdAt: now,
      updatedAt: now,
    });
    this.inserted.push(run);
    this.changes.push({ kind: 'run.insert', run });
  }

  start(run: StartedRun): void {
    const { runId, attemptState: _, now, ...fields } = run;
    this.update(runId, { ...fields, status: 'running', started: true, updatedAt: now });
    this.changes.push({ kind: 'run.start', run });
  }

  end(runId: string, status: RunStatus, error: RunError | null, now: number): void {
    this.update(runId, { status, updatedAt: now });
    this.changes.push({ kind: 'run.end', runId, status, error, now });
  }

  /** Keeps the wish to stop an active run. */
  askToStop(wish: StopWish): void {
    this.update(wish.runId, { cancelAction: wish.action, cancelReason: wish.reason, updatedAt: wish.now });
    this.changes.push({ kind: 'run.stop', wish });
  }

  /** Ends a waiting run at once, with the wish that did it; its terminal is owed to the log. */
  stopWaiting(wish: StopWish): void {
    const { action: cancelAction, reason: cancelReason, now: updatedAt } = wish;
    const ended = { status: 'interrupted', owedTerminal: 'interrupted' } as const;
    this.update(wish.runId, { ...ended, cancelAction, cancelReason, updatedAt });
    this.changes.push({ kind: 'run.stopWaiting', wish });
  }

  /** Its terminal is in the log now. */
  settle(runId: string): void {
    this.update(runId, { owedTerminal: null });
    this.changes.push({ kind: 'run.settle', runId });
  }

  remove(runId: string): void {
    this.changed.set(runId, null);
    this.changes.push({ kind: 'run.remove', runId });
  }

  private update(runId: string, fields: Partial<RunOutline>): void {
    const before = this.outline(runId);
    if (before) this.changed.set(runId, { ...before, ...fields });
  }

  /** Stored runs as the unit left them, and those of its own that fit. */
  private overlaid(stored: readonly RunOutline[], fits: (run: RunOutline) => boolean): RunOutline[] {
    if (this.changed.size === 0) return [...stored];
    const kept = stored.filter(({ runId }) => !this.changed.has(runId));
    const own = [...this.changed.values()].filter((run) => run !== null);
    return [...kept, ...own.filter(fits)];
  }
}

/** Ids of the interrupts that a run is accepted to answer. */
export function answersOf({ kwargs }: Pick<NewRun, 'kwargs'>): string[] {
  return Object.keys(kwargs.command?.resume ?? {});
}

function documentsOf({ metadataJson, kwargs }: NewRun): Pick<Run, 'metadata' | 'kwargs'> {
  return { metadata: JSON.parse(metadataJson) as Record<string, unknown>, kwargs };
}

function isRunning({ status }: RunOutline): boolean {
  return status === 'running';
}

function inOrder(runs: RunOutline[]): RunOutline[] {
  return runs.sort((one, other) => one.position - other.position);
}
