import { Module } from '@nestjs/common';
import { EventLogModule } from '../event-log/event-log.module.js';
import { ThreadsModule } from '../threads/threads.module.js';
import { AskedInterrupts } from './interrupts/asked-interrupts.js';
import { CheckpointLookup } from './checkpoint-lookup.js';
import { GraphStream } from './playing/graph-stream.js';
import { InterruptAnswers } from './interrupts/interrupt-answers.js';
import { InterruptJournal } from './interrupts/interrupt-journal.js';
import { InterruptRepository } from './interrupts/interrupt-repository.js';
import { LostAttempts } from './recovery/lost-attempt.js';
import { MultitaskPolicy } from './multitask-policy.js';
import { LostRuns } from './recovery/lost-runs.js';
import { ProcessLife } from './recovery/process-life.js';
import { Quarantine } from './recovery/quarantine.js';
import { RunProgress } from './recovery/run-progress.js';
import { RunRequests } from './requests/run-requests.js';
import { RunAcceptance } from './run-acceptance.js';
import { RunCancellation } from './run-cancellation.js';
import { RunDelays } from './run-delays.js';
import { RunEnding } from './run-ending.js';
import { RunExecution } from './run-execution.js';
import { RunLifecycle } from './run-lifecycle.js';
import { RunRemoval } from './run-removal.js';
import { RunRepository } from './run-repository.js';
import { RunScheduler } from './run-scheduler.js';
import { TemporaryThreads } from './temporary-threads.js';
import { ThreadDeletion } from './thread-deletion.js';
import { ThreadBinding } from './thread-binding.js';

@Module({
  imports: [EventLogModule, ThreadsModule],
  providers: [
    AskedInterrupts,
    CheckpointLookup,
    GraphStream,
    InterruptAnswers,
    InterruptJournal,
    InterruptRepository,
    LostAttempts,
    LostRuns,
    MultitaskPolicy,
    ProcessLife,
    Quarantine,
    RunAcceptance,
    RunCancellation,
    RunDelays,
    RunEnding,
    RunExecution,
    RunLifecycle,
    RunProgress,
    RunRemoval,
    RunRepository,
    RunRequests,
    RunScheduler,
    TemporaryThreads,
    ThreadBinding,
    ThreadDeletion,
  ],
  exports: [
    CheckpointLookup, RunAcceptance, RunCancellation, RunEnding, RunRemoval, RunRepository, RunRequests,
    TemporaryThreads, ThreadDeletion,
  ],
})
export class RunsModule {}
