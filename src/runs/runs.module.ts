import { Module } from '@nestjs/common';
import { AssistantsModule } from '../assistants/assistants.module.js';
import { EventLogModule } from '../event-log/event-log.module.js';
import { WebhooksModule } from '../webhooks/webhooks.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { AskedInterrupts } from './interrupts/asked-interrupts.js';
import { CheckpointLookup } from './checkpoint-lookup.js';
import { GraphStream } from './playing/graph-stream.js';
import { InterruptAnswers } from './interrupts/interrupt-answers.js';
import { InterruptJournal } from './interrupts/interrupt-journal.js';
import { LostAttempts } from './recovery/lost-attempt.js';
import { MultitaskPolicy } from './multitask-policy.js';
import { LostRuns } from './recovery/lost-runs.js';
import { Quarantine } from './recovery/quarantine.js';
import { RunProgress } from './recovery/run-progress.js';
import { RunLimits } from './requests/run-limits.js';
import { RunRequests } from './requests/run-requests.js';
import { RunAcceptance } from './run-acceptance.js';
import { RunCancellation } from './run-cancellation.js';
import { RunDelays } from './run-delays.js';
import { RunEnding } from './run-ending.js';
import { RunExecution } from './run-execution.js';
import { RunLifecycle } from './run-lifecycle.js';
import { RunRemoval } from './run-removal.js';
import { RunValues } from './run-values.js';
import { RunScheduler } from './run-scheduler.js';
import { TemporaryThreads } from './temporary-threads.js';
import { ThreadDeletion } from './thread-deletion.js';
import { ThreadBinding } from './thread-binding.js';
import { CheckpointSweeps } from './upkeep/checkpoint-sweeps.js';
import { ThreadCopying } from './upkeep/thread-copying.js';
import { ThreadOriginals } from './upkeep/thread-originals.js';
import { ThreadRemoval } from './upkeep/thread-removal.js';
import { ThreadSweeps } from './upkeep/thread-sweeps.js';

@Module({
  imports: [AssistantsModule, EventLogModule, ThreadsModule, WebhooksModule],
  providers: [
    AskedInterrupts,
    CheckpointLookup,
    GraphStream,
    InterruptAnswers,
    InterruptJournal,
    LostAttempts,
    LostRuns,
    MultitaskPolicy,
    Quarantine,
    RunAcceptance,
    RunCancellation,
    RunDelays,
    RunEnding,
    RunExecution,
    RunLifecycle,
    RunLimits,
    RunProgress,
    RunRemoval,
    RunRequests,
    RunScheduler,
    TemporaryThreads,
    RunValues,
    ThreadBinding,
    CheckpointSweeps,
    ThreadCopying,
    ThreadDeletion,
    ThreadOriginals,
    ThreadRemoval,
    ThreadSweeps,
  ],
  exports: [
    CheckpointLookup, RunAcceptance, RunCancellation, RunEnding, RunLimits, RunRemoval, RunRequests, TemporaryThreads,
    ThreadCopying, ThreadDeletion, ThreadRemoval,
  ],
})
export class RunsModule {}
