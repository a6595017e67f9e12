import { Injectable, Logger } from '@nestjs/common';
import { RunCancellation } from '../../../../runs/run-cancellation.js';
import type { RunOutline } from '../../../../storage/rows/run.js';

/** Something that tells when the client of a request goes. */
interface Leaving {
  readonly closed: boolean;
  onClose(listener: () => void): () => void;
}

/** Cancels runs whose clients go before they have ended, where the clients asked for that. */
@Injectable()
export class DisconnectWatch {
  private readonly logger = new Logger(DisconnectWatch.name);

  constructor(private readonly cancellation: RunCancellation) {}

  /** Returns the way to say that nobody needs to be watched any more: the run has ended, or the server cuts. */
  cancelOnLeave(run: RunOutline, client: Leaving): () => void {
    const cancel = (): void => {
      this.cancellation
        .cancel(run, { action: 'interrupt', reason: 'The client disconnected.' })
        .catch((error: unknown) =>
          this.logger.error({ run_id: run.runId, thread_id: run.threadId, err: error }, 'a run could not be cancelled'),
        );
    };
    if (!client.closed) return client.onClose(cancel);
    cancel();
    return () => undefined;
  }
}
