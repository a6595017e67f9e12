import { readFileSync } from 'node:fs';

/** What a process has used: CPU seconds since its start, resident memory now, in KiB. */
export interface Usage {
  readonly cpuSeconds: number;
  readonly rssKb: number;
}

const TICKS_PER_SECOND = 100;

/** Reads a process's usage from /proc (Linux). */
export function usageOf(pid: number): Usage {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '').split(' ');
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, rssKb: Number(rss) };
}

/** How long the machine is watched to see what else uses it. */
const WATCHED_MS = 2_000;

/** The share of the machine's processor time that is used by others while this process waits, from 0 to 1 (Linux). */
export async function othersShare(): Promise<number> {
  const before = processorTicks();
  await new Promise((resolve) => setTimeout(resolve, WATCHED_MS));
  const after = processorTicks();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/**
 * Ticks of all processors since the start of the machine, those of virtual guests counted once (proc(5), /proc/stat).
 */
function processorTicks(): { all: number; idle: number } {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1).join();
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0] = ticks;
  return { all: ticks.reduce((sum, each) => sum + each, 0), idle: idle + waiting };
}

const LOOP_STEPS = 100_000_000;
const LOOP_TIMES = 3;

/**
 * Milliseconds that a fixed loop takes: what a core gives just now. Where machines are shared that changes by the
 * minute.
 */
export function loopMs(): number {
  // The first times it is being compiled.
  return Math.min(...Array.from({ length: LOOP_TIMES }, loopOnce));
}

function loopOnce(): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < LOOP_STEPS; i += 1) sum += i & 3;
  return sum > 0 ? performance.now() - start : Number.NaN;
}

/** The value below which the given share of the samples lies; NaN for none. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Resolves with the promise, or fails after `seconds`: nothing that is measured may hang the whole. */
export async function within<T>(seconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${seconds} s`)), seconds * 1_000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
