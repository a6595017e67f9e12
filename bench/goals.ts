/** What a scenario has to reach; with `times` it is measured against the JS server in the same run. */
export interface Goal {
  readonly scenario: string;
  readonly figure: string;
  /** In words, for the table. */
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Times the JS server's figure: at least this for `more`, at most this for `less`. */
  readonly times?: number;
  /** The figure itself: at least this for `more`, at most this for `less`. */
  readonly absolute?: number;
  /** Share of what LangGraph gives in process, at least. */
  readonly ofNative?: number;
}

/** Every figure of the table; the first one of a scenario is the one that is drawn. */
export const GOALS: readonly Goal[] = [
  {
    scenario: 'fanout',
    figure: 'frames_per_s',
    label: '50 readers, 2,000 custom events each',
    unit: 'frames/s',
    better: 'more',
    times: 6,
  },
  {
    scenario: 'fanout',
    figure: 'cpu_us_per_frame',
    label: '50 readers: CPU of the server',
    unit: 'µs/frame',
    better: 'less',
    times: 0.25,
  },
  { scenario: 'fanout', figure: 'rss_mb', label: '50 readers: resident memory', unit: 'MB', better: 'less' },
  {
    scenario: 'single',
    figure: 'events_per_s',
    label: '1 reader, 5,000 custom events',
    unit: 'events/s',
    better: 'more',
    times: 3,
    ofNative: 0.6,
  },
  {
    scenario: 'threads',
    figure: 'seconds',
    label: '50 threads at once, 100 tokens, 5 ms apart',
    unit: 's',
    better: 'less',
    times: 0.25,
  },
  {
    scenario: 'threads',
    figure: 'delta_p99_ms',
    label: '50 threads: added latency per delta, p99',
    unit: 'ms',
    better: 'less',
    absolute: 10,
  },
  {
    scenario: 'ttfe',
    figure: 'first_token_p50_ms',
    label: '`run.start` to the first token, p50',
    unit: 'ms',
    better: 'less',
    times: 0.25,
  },
  {
    scenario: 'resume',
    figure: 'events_per_s',
    label: 'replay of 2,500 events from the middle',
    unit: 'events/s',
    better: 'more',
    times: 2,
  },
  {
    scenario: 'resume',
    figure: 'first_event_ms',
    label: 'replay: the first missed event',
    unit: 'ms',
    better: 'less',
    absolute: 20,
  },
  {
    scenario: 'readers',
    figure: 'delta_p99_ms',
    label: '1,000 readers of one thread, 50 deltas/s: p99',
    unit: 'ms',
    better: 'less',
    absolute: 25,
  },
  { scenario: 'idle', figure: 'kb_each', label: 'memory of an idle stream', unit: 'KB', better: 'less', absolute: 20 },
  {
    scenario: 'idle',
    figure: 'open',
    label: 'idle streams held at once',
    unit: 'streams',
    better: 'more',
    absolute: 10_000,
  },
];
