import { nativeEventsPerSecond, nativeThreadsSeconds } from './native.js';
import { type Rounds, addFigures } from './report/measurement.js';
import type { Scenario } from './scenario.js';
import { fanout, single } from './scenarios/fanout.js';
import { idle } from './scenarios/idle.js';
import { readers } from './scenarios/readers.js';
import { resume } from './scenarios/resume.js';
import { threads } from './scenarios/threads.js';
import { ttfe } from './scenarios/ttfe.js';
import type { MeasuredServer } from './servers/child-server.js';
import { startFloor } from './servers/floor.js';
import { startJsServer } from './servers/js-server.js';
import { startThreadlog } from './servers/threadlog.js';
import { warmUp } from './warm-up.js';

/** In this order on one server; `fanout` comes first because it also tells what memory a load leaves. */
export const SCENARIOS: Record<string, Scenario> = { fanout, single, threads, ttfe, resume, readers };

/** Events that one write of the floor carries: about what a commit of Threadlog does under load. */
const FLOOR_BATCH = 64;
/** Idle streams: the JS server is asked for fewer, each costs it too much. */
const IDLE_STREAMS: Record<string, number> = { threadlog: 10_000, js: 1_000 };
const SMALL_IDLE = 100;
/** What to measure. */
export interface Plan {
  readonly scenarios: readonly string[];
  readonly withJsServer: boolean;
  readonly small: boolean;
  readonly say: (line: string) => void;
}

/** One round: every server by itself, so that none has to share the machine with another. */
export async function playRound(rounds: Rounds, plan: Plan, round: number): Promise<void> {
  const starts: (() => Promise<MeasuredServer>)[] = [
    () => startThreadlog(),
    ...(plan.withJsServer ? [startJsServer] : []),
  ];
  // Whoever comes second finds a machine that is warmer, or busier.
  if (round % 2 === 1) starts.reverse();
  for (const start of starts) await playScenarios(rounds, plan, start);
  if (plan.scenarios.includes('idle')) for (const start of starts) await playIdle(rounds, plan, start);
  if (plan.scenarios.includes('single')) {
    const native = await nativeEventsPerSecond(plan.small ? 200 : 5_000, 3);
    addFigures(rounds, 'native', 'single', { events_per_s: native });
  }
  if (plan.scenarios.includes('threads')) {
    const seconds = await nativeThreadsSeconds(plan.small ? 5 : 50, plan.small ? 10 : 100, 3);
    addFigures(rounds, 'native', 'threads', { seconds });
  }
  await playFloor(rounds, plan);
}

async function playScenarios(rounds: Rounds, plan: Plan, start: () => Promise<MeasuredServer>): Promise<void> {
  const server = await start();
  try {
    await warmUp(server, plan.small);
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      if (!plan.scenarios.includes(name)) continue;
      const figures = await scenario(server, plan.small);
      addFigures(rounds, server.name, name, figures);
      plan.say(`${server.name} ${name} ${JSON.stringify(figures, rounded)}`);
    }
  } finally {
    await server.stop();
  }
}

async function playIdle(rounds: Rounds, plan: Plan, start: () => Promise<MeasuredServer>): Promise<void> {
  const server = await start();
  try {
    const figures = await idle(server, plan.small ? SMALL_IDLE : (IDLE_STREAMS[server.name] ?? SMALL_IDLE));
    addFigures(rounds, server.name, 'idle', figures);
    plan.say(`${server.name} idle ${JSON.stringify(figures, rounded)}`);
  } finally {
    await server.stop();
  }
}

async function playFloor(rounds: Rounds, plan: Plan): Promise<void> {
  const server = await startFloor(FLOOR_BATCH);
  try {
    await fanout(server, plan.small);
    for (const [name, scenario] of Object.entries({ fanout, single, threads, readers })) {
      if (plan.scenarios.includes(name)) addFigures(rounds, 'floor', name, await scenario(server, plan.small));
    }
  } finally {
    await server.stop();
  }
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(3)) : value;
}
