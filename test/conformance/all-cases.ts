import type { ConformanceCase } from './conformance-case.js';
import { ANSWERS } from './groups/answers.js';
import { COMMANDS } from './groups/commands.js';
import { CONCURRENCY } from './groups/concurrency.js';
import { CURSORS } from './groups/cursors.js';
import { FILTERS } from './groups/filters.js';
import { FRAMING } from './groups/framing.js';
import { LIFECYCLE } from './groups/lifecycle.js';
import { PAYLOADS } from './groups/payloads.js';
import { QUESTIONS } from './groups/questions.js';
import { REPLAY } from './groups/replay.js';
import { RESTART } from './groups/restart.js';
import { STATE_COMMANDS } from './groups/state-commands.js';
import { SUBSCRIPTIONS } from './groups/subscriptions.js';
import { WEBSOCKET } from './groups/websocket.js';

/** Every case of the kit. Ids are unique. */
export const ALL_CASES: readonly ConformanceCase[] = [
  ...FRAMING, ...PAYLOADS, ...FILTERS, ...CURSORS, ...REPLAY, ...LIFECYCLE, ...COMMANDS, ...STATE_COMMANDS,
  ...QUESTIONS, ...ANSWERS, ...CONCURRENCY, ...WEBSOCKET, ...SUBSCRIPTIONS, ...RESTART,
];
