import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settingsIn } from '../fill-log.js';
import { median } from '../measure.js';
import type { Figures } from '../scenario.js';
import { startThreadlog } from '../servers/threadlog.js';
import { SqliteAssistantStorage } from '../../src/storage/sqlite/assistants/sqlite-assistant-storage.js';
import { openDatabase } from '../../src/storage/sqlite/open-database.js';

const TIMES = 51;
const GRAPHS = ['agent', 'team', 'research'];

/** What is asked of many assistants; each search also counts. */
const SEARCHES: Record<string, object> = {
  all_p50_ms: {},
  by_name_p50_ms: { sort_by: 'name', sort_order: 'asc' },
  graph_p50_ms: { graph_id: 'agent' },
  metadata_of_all_p50_ms: { metadata: { env: 'prod' } },
  metadata_of_few_p50_ms: { metadata: { env: 'prod', team: 'team 7' } },
  system_p50_ms: { metadata: { created_by: 'system' } },
  name_p50_ms: { name: 'assistant 99' },
};

/** `POST /assistants/search` where there are so many. */
export async function assistants(count: number): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'threadlog-assistants-'));
  try {
    await fill(folder, count);
    const server = await startThreadlog({ folder });
    try {
      const figures: Record<string, number> = { assistants: count };
      for (const [name, body] of Object.entries(SEARCHES)) figures[name] = await search(server.base, body);
      return figures;
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(folder: string, count: number): Promise<void> {
  const database = await openDatabase(settingsIn(folder), { migrate: true });
  const storage = new SqliteAssistantStorage(database);
  for (let i = 0; i < count; i += 1) {
    storage.save({
      assistantId: crypto.randomUUID(), owner: null, system: false, graphId: GRAPHS[i % GRAPHS.length] as string,
      name: `Assistant ${i}`, description: null, version: 1, config: {}, context: {}, archivedAt: null,
      metadata: { env: 'prod', team: `team ${i % 100}`, number: i }, createdAt: i, updatedAt: count - i,
    });
  }
  await database.close();
}

async function search(base: string, body: object): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < TIMES; i += 1) {
    const start = performance.now();
    const response = await fetch(`${base}/assistants/search`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
    });
    await response.json();
    times.push(performance.now() - start);
  }
  return median(times);
}
