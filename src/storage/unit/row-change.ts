import type { CronTick } from '../rows/cron.js';
import type { InterruptRow } from '../rows/interrupt.js';
import type { NewRun, RunError, RunStatus, StartedRun, StopWish } from '../rows/run.js';
import type { SessionRow } from '../rows/session.js';
import type { NewWebhook } from '../rows/webhook.js';
import type { StoredMetadata, ThreadStatus } from '../rows/thread.js';

/** A thread to be stored; JSON as text. */
export interface NewThreadRow extends StoredMetadata {
  readonly owner: string | null;
  readonly configJson: string;
  readonly now: number;
}

/** What a unit changes in the rows of its thread; an engine applies the changes in their order. Times in epoch ms. */
export type RowChange =
  | { readonly kind: 'thread.insert'; readonly thread: NewThreadRow }
  | {
      readonly kind: 'thread.status';
      readonly status: ThreadStatus;
      readonly error: string | null;
      readonly now: number;
    }
  | { readonly kind: 'thread.metadata'; readonly metadata: StoredMetadata; readonly now: number }
  | { readonly kind: 'thread.state'; readonly now: number }
  /** It goes by itself some time after its run has ended. */
  | { readonly kind: 'thread.temporary' }
  /** Its runs, its interrupts, its crons, what a session keeps beside it, and the thread. Head and events stay. */
  | { readonly kind: 'thread.remove' }
  | { readonly kind: 'cron.tick'; readonly tick: CronTick }
  | { readonly kind: 'webhook.insert'; readonly webhook: NewWebhook }
  | { readonly kind: 'run.insert'; readonly run: NewRun }
  | { readonly kind: 'run.start'; readonly run: StartedRun }
  | {
      readonly kind: 'run.end';
      readonly runId: string;
      readonly status: RunStatus;
      readonly error: RunError | null;
      readonly now: number;
    }
  | { readonly kind: 'run.stop' | 'run.stopWaiting'; readonly wish: StopWish }
  | { readonly kind: 'run.settle' | 'run.remove'; readonly runId: string }
  | {
      readonly kind: 'interrupt.save';
      readonly row: InterruptRow;
      readonly dataJson: string;
      readonly now: number;
    }
  | { readonly kind: 'interrupt.update'; readonly row: InterruptRow }
  | { readonly kind: 'interrupt.remove'; readonly interruptId: string }
  | { readonly kind: 'session.save'; readonly row: SessionRow };
