import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyCheckpoint, uuid6 } from '@langchain/langgraph-checkpoint';
import { SqliteCheckpointer } from '../../src/storage/sqlite/checkpoints/sqlite-checkpointer.js';
import { dataFilesOf, openDatabase } from '../../src/storage/sqlite/open-database.js';
import { settingsIn } from '../fill-log.js';
import { percentile } from '../measure.js';
import type { Figures } from '../scenario.js';
import { startThreadlog } from '../servers/threadlog.js';

const TIMES = 40;

/** Bodies of `POST /threads/search`, by what is asked. */
const SEARCHES: Record<string, (round: number) => object> = {
  /** 100 threads of each user. */
  of_user: (round) => ({ metadata: { user: `user-${(round * 37) % 1_000}` } }),
  /** Every thread. */
  of_graph: () => ({ metadata: { graph_id: 'agent' } }),
  of_graph_by_update: () => ({
    metadata: { graph_id: 'agent' },
    sort_by: 'updated_at',
    limit: 100,
    select: ['thread_id'],
  }),
  /** One in three, by two labels. */
  of_graph_and_tier: (round) => ({ metadata: { graph_id: 'agent', tier: round % 3 } }),
  interrupted: () => ({ status: 'interrupted', metadata: { graph_id: 'agent' } }),
  everything: (round) => ({ offset: round * 10 }),
};

/** `threads.search` on a server with so many threads, each with a checkpoint: p50 and p95 of each search, in ms. */
export async function searches(threads: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'threadlog-searches-'));
  try {
    await fill(folder, threads);
    const server = await startThreadlog({ folder });
    try {
      const figures: Record<string, number> = { threads };
      for (const [name, bodyOf] of Object.entries(SEARCHES)) {
        const samples: number[] = [];
        for (let round = 0; round < TIMES; round += 1) samples.push(await timeOf(server.base, bodyOf(round)));
        figures[`${name}_p50_ms`] = percentile(samples, 0.5);
        figures[`${name}_p95_ms`] = percentile(samples, 0.95);
      }
      return figures;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeOf(base: string, body: object): Promise<number> {
  const began = performance.now();
  const response = await fetch(`${base}/threads/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const found = (await response.json()) as unknown[];
  if (!response.ok || found.length === 0) throw new Error(`a search found nothing: ${JSON.stringify(found)}`);
  return performance.now() - began;
}

async function fill(folder: string, threads: number): Promise<void> {
  const settings = settingsIn(folder);
  const database = await openDatabase(settings, { migrate: true });
  const checkpointer = SqliteCheckpointer.open(dataFilesOf(settings).checkpoints, settings);
  const thread = database.handle.prepare(
    `INSERT INTO threads (thread_id, status, graph_id, assistant_id, created_at, updated_at, state_updated_at)
     VALUES (?, ?, 'agent', 'agent', ?, ?, ?)`,
  );
  const documents = database.handle.prepare(`INSERT INTO thread_documents VALUES (?, ?, '{}')`);
  const began = Date.now() - threads;
  const insert = database.handle.transaction(() => {
    for (let index = 0; index < threads; index += 1) {
      const at = began + index;
      thread.run(
        `thread-${index}`,
        index % 500 === 0 ? 'interrupted' : 'idle',
        at,
        at + ((index * 7_919) % threads),
        at,
      );
      const metadata = { graph_id: 'agent', assistant_id: 'agent', user: `user-${index % 1_000}`, tier: index % 3 };
      documents.run(`thread-${index}`, JSON.stringify(metadata));
    }
  });
  insert();
  await database.close();
  checkpointer.db.exec('BEGIN');
  for (let index = 0; index < threads; index += 1) {
    const messages = [{ role: 'user', content: `question ${index}` }, { role: 'assistant', content: 'an answer' }];
    const checkpoint = { ...emptyCheckpoint(), id: uuid6(index % 16_384), channel_values: { messages } };
    const config = { configurable: { thread_id: `thread-${index}`, checkpoint_ns: '' } };
    await checkpointer.put(config, checkpoint, { source: 'loop', step: 1, parents: {} });
  }
  checkpointer.db.exec('COMMIT');
  checkpointer.close();
}
