import { Injectable, Logger } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import type { Awaitable } from '../../storage/awaitable.js';
import { RecoveryStorage } from '../../storage/recovery-storage.js';
import { ThreadSubjects } from '../../event-log/thread-subjects.js';
import { Checkpointer } from '../../storage/checkpointer.js';
import type { Blame } from './blame.js';
import { RunProgress } from './run-progress.js';

/** Longer timers than this fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The suspect whose turn it is. */
interface Turn {
  readonly suspect: Blame;
  /** The server is watched without it first: its thread has to wait. */
  isHeldBack: boolean;
  timer?: NodeJS.Timeout;
  stopListening?: () => void;
}

/**
 * Starts the runs that may have taken the last process down one at a time, so that the next loss names one
 * (docs/adr/0009-whose-crash-it-was.md). Other runs go on as usual.
 */
@Injectable()
export class Quarantine {
  private readonly logger = new Logger(Quarantine.name);
  private readonly suspects = new Map<string, Blame>();
  private openedAt = 0;
  private turn: Turn | null = null;
  private wake: (threadId: string) => void = () => undefined;

  constructor(
    private readonly storage: RecoveryStorage,
    private readonly subjects: ThreadSubjects,
    private readonly checkpointer: Checkpointer,
    private readonly progress: RunProgress,
    private readonly settings: Settings,
  ) {}

  /**
   * @param suspects of different threads
   * @param wake tells that a thread may be started now
   */
  open(suspects: readonly Blame[], wake: (threadId: string) => void): void {
    this.wake = wake;
    this.openedAt = performance.now();
    // The one that most speaks against: if it is the one, no other is lost once more with it.
    const ordered = [...suspects].sort((a, b) => b.attempt - a.attempt || a.run.position - b.run.position);
    for (const suspect of ordered) this.suspects.set(suspect.run.threadId, suspect);
    const message = 'runs may have taken an earlier process down: they are started one at a time';
    if (ordered.length > 0) this.logger.warn({ runs: ordered.length }, message);
    this.next();
  }

  /** True while the thread's run must not be started. */
  keepsBack(threadId: string): boolean {
    if (this.turn?.suspect.run.threadId === threadId) return this.turn.isHeldBack;
    return this.suspects.has(threadId);
  }

  /** The thread's run is started: if it is a suspect it is watched from now on. */
  started(threadId: string): void {
    const { turn } = this;
    if (turn?.suspect.run.threadId !== threadId || turn.stopListening) return;
    const { suspect } = turn;
    // Read before the run can have got further.
    const before = Promise.resolve(this.checkpointer.newestRootCheckpoint(threadId)).then(
      (newest) => newest?.id ?? null,
      () => null,
    );
    const throughMs = Math.ceil(performance.now() - this.openedAt) + suspect.watchMs;
    void this.write(suspect, () => this.storage.noteWatch(suspect.run.runId, throughMs));
    turn.timer = this.after(suspect.watchMs, () => this.clear(turn));
    turn.stopListening = this.subjects.listen(
      threadId,
      ({ events }) => {
        if (events.some(({ channel, namespace }) => channel === 'checkpoints' && namespace === '[]'))
          void this.look(turn, before);
      },
      (error) =>
        this.logger.error({ thread_id: threadId, err: error }, 'a run under suspicion is not watched any more'),
    );
  }

  /** The thread's run has ended, or is to end: it is no suspect any more. */
  ended(threadId: string): void {
    if (this.turn?.suspect.run.threadId === threadId) this.leave();
    else this.suspects.delete(threadId);
  }

  /** Nothing is started any more. */
  close(): void {
    this.suspects.clear();
    this.forgetTurn();
  }

  private next(): void {
    const [suspect] = this.suspects.values();
    if (!suspect) return;
    const { threadId } = suspect.run;
    this.suspects.delete(threadId);
    const isLast = suspect.attempt === this.settings.MAX_RUN_ATTEMPTS - 1;
    const turn: Turn = { suspect, isHeldBack: isLast };
    this.turn = turn;
    if (!isLast) return this.wake(threadId);
    // If the server is lost again at about that age, but without the run, then the run is not the reason.
    const holdMs = Math.max(2 * suspect.run.watchedThroughMs, suspect.watchMs);
    turn.timer = this.after(holdMs, () => {
      turn.isHeldBack = false;
      this.wake(threadId);
    });
  }

  private async look(turn: Turn, before: Promise<string | null>): Promise<void> {
    const { threadId } = turn.suspect.run;
    const isMade = await before.then((id) => this.progress.isMade(threadId, id)).catch(() => false);
    if (isMade) this.clear(turn);
  }

  /** It goes on beside others, and what counts against it begins anew. */
  private clear(turn: Turn): void {
    if (this.turn !== turn) return;
    void this.write(turn.suspect, () => this.storage.clear(turn.suspect.run.runId));
    this.leave();
  }

  private leave(): void {
    this.forgetTurn();
    this.next();
  }

  private forgetTurn(): void {
    clearTimeout(this.turn?.timer);
    this.turn?.stopListening?.();
    this.turn = null;
  }

  /** What cannot be written makes the next verdict worse, and nothing else. */
  private async write({ run }: Blame, statement: () => Awaitable<void>): Promise<void> {
    try {
      await statement();
    } catch (error) {
      this.logger.warn(
        { run_id: run.runId, thread_id: run.threadId, err: error },
        'what is known of a lost run could not be written',
      );
    }
  }

  private after(milliseconds: number, act: () => void): NodeJS.Timeout {
    return setTimeout(act, Math.min(milliseconds, LONGEST_TIMER_MS));
  }
}
