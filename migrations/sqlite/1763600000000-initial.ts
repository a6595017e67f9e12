import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'write_probe',
  'store_items',
  'crons',
  'assistants',
  'interrupts',
  'runs',
  'events',
  'thread_heads',
  'threads',
];

/**
 * The first schema. Times are epoch milliseconds; `*_json` columns hold JSON text.
 * `owner` is NULL while no authentication is configured.
 */
export class Initial1763600000000 implements MigrationInterface {
  readonly name = 'Initial1763600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE threads (
      thread_id TEXT PRIMARY KEY,
      owner TEXT,
      status TEXT NOT NULL DEFAULT 'idle',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      config_json TEXT NOT NULL DEFAULT '{}',
      error TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      state_updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`);

    // A head row outlives its thread, so that seq never starts again.
    await queryRunner.query(`CREATE TABLE thread_heads (
      thread_key INTEGER PRIMARY KEY,
      thread_id TEXT NOT NULL UNIQUE,
      last_seq INTEGER NOT NULL DEFAULT 1,
      last_timestamp INTEGER NOT NULL DEFAULT 0,
      replay_from_seq INTEGER NOT NULL DEFAULT 2,
      oldest_seq INTEGER NOT NULL DEFAULT 2,
      compacted_through_seq INTEGER NOT NULL DEFAULT 0,
      open_runs INTEGER NOT NULL DEFAULT 0,
      open_interrupts INTEGER NOT NULL DEFAULT 0,
      last_accepted_at INTEGER NOT NULL DEFAULT 0
    )`);

    await queryRunner.query(`CREATE TABLE events (
      thread_key INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      kind INTEGER NOT NULL DEFAULT 0,
      cursor_only INTEGER NOT NULL DEFAULT 0,
      channel TEXT NOT NULL,
      method TEXT,
      name TEXT,
      namespace TEXT NOT NULL,
      run_id TEXT,
      timestamp INTEGER NOT NULL,
      envelope TEXT NOT NULL,
      PRIMARY KEY (thread_key, seq)
    ) WITHOUT ROWID`);
    await queryRunner.query(`CREATE INDEX events_by_run ON events (run_id, seq) WHERE channel = 'lifecycle'`);

    await queryRunner.query(`CREATE TABLE runs (
      position INTEGER PRIMARY KEY AUTOINCREMENT,
      run_id TEXT NOT NULL UNIQUE,
      thread_id TEXT NOT NULL,
      owner TEXT,
      assistant_id TEXT NOT NULL,
      graph_id TEXT NOT NULL,
      status TEXT NOT NULL DEFAULT 'pending',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      kwargs_json TEXT NOT NULL,
      multitask_strategy TEXT NOT NULL DEFAULT 'enqueue',
      priority INTEGER NOT NULL DEFAULT 0,
      attempt INTEGER NOT NULL DEFAULT 0,
      started INTEGER NOT NULL DEFAULT 0,
      start_checkpoint_id TEXT,
      attempt_checkpoint_id TEXT,
      first_seq INTEGER,
      resume_counts_json TEXT NOT NULL DEFAULT '{}',
      owed_terminal TEXT,
      cancel_action TEXT,
      cancel_reason TEXT,
      error TEXT,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    )`);
    await queryRunner.query(`CREATE INDEX runs_by_thread ON runs (thread_id, status, priority DESC, position)`);
    await queryRunner.query(
      `CREATE INDEX runs_unfinished ON runs (position) WHERE status IN ('pending', 'running') OR owed_terminal IS NOT NULL`,
    );

    await queryRunner.query(`CREATE TABLE interrupts (
      thread_id TEXT NOT NULL,
      interrupt_id TEXT NOT NULL,
      run_id TEXT NOT NULL,
      namespace TEXT NOT NULL,
      task_id TEXT NOT NULL,
      data_json TEXT NOT NULL,
      requested_seq INTEGER NOT NULL,
      answered_by_run TEXT,
      answered_seq INTEGER,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (thread_id, interrupt_id)
    ) WITHOUT ROWID`);

    await queryRunner.query(`CREATE TABLE assistants (
      assistant_id TEXT PRIMARY KEY,
      owner TEXT,
      graph_id TEXT NOT NULL,
      name TEXT,
      description TEXT,
      version INTEGER NOT NULL DEFAULT 1,
      config_json TEXT NOT NULL DEFAULT '{}',
      context_json TEXT NOT NULL DEFAULT '{}',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`);

    await queryRunner.query(`CREATE TABLE crons (
      cron_id TEXT PRIMARY KEY,
      owner TEXT,
      assistant_id TEXT NOT NULL,
      thread_id TEXT,
      schedule TEXT NOT NULL,
      enabled INTEGER NOT NULL DEFAULT 1,
      payload_json TEXT NOT NULL DEFAULT '{}',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      end_time INTEGER,
      next_run_at INTEGER,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL
    ) WITHOUT ROWID`);

    await queryRunner.query(`CREATE TABLE store_items (
      owner TEXT NOT NULL DEFAULT '',
      namespace TEXT NOT NULL,
      key TEXT NOT NULL,
      value_json TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (owner, namespace, key)
    ) WITHOUT ROWID`);

    // Written while the database is in trouble, to see whether it can write again.
    await queryRunner.query(`CREATE TABLE write_probe (id INTEGER PRIMARY KEY, filler BLOB)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of TABLES) await queryRunner.query(`DROP TABLE ${table}`);
  }
}
