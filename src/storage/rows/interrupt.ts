/** An interrupt that was announced and that its thread still waits for, or that a run has been accepted to answer. */
export interface InterruptRow {
  readonly threadId: string;
  readonly interruptId: string;
  /** The run that raised it. */
  readonly runId: string;
  /** JSON text of the namespace of the graph that raised it. */
  readonly namespace: string;
  /** The task that raised it. */
  readonly taskId: string;
  readonly requestedSeq: number;
  /** The accepted run that answers it; null while it is open. */
  readonly answeredByRun: string | null;
  /** Seq of its `input.answered`, once that run has started. */
  readonly answeredSeq: number | null;
}
