import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tables of one B-tree whose rows may be large, and which only have to become ordinary ones. */
const CLUSTERED = ['assistants', 'assistant_versions', 'crons', 'environments', 'sessions', 'store_items'];

/**
 * Large JSON leaves the rows that are searched and updated. In a table WITHOUT ROWID each comparison on the way to a
 * key reads the whole row that it passes, so one row of 15 MB cost everybody who passed it 5 ms; those tables become
 * ordinary ones, whose keys are in an index of their own. What is written often loses its JSON to a table beside it,
 * since an update writes the whole row. `threads` gets the two ids that were looked up in its metadata.
 */
export class NarrowRows1763850000000 implements MigrationInterface {
  readonly name = 'NarrowRows1763850000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await narrowThreads(queryRunner);
    await narrowRuns(queryRunner);
    await narrowInterrupts(queryRunner);
    for (const table of CLUSTERED)
      await rebuild(queryRunner, table, (sql) => sql.replace(/\)\s*WITHOUT ROWID\s*$/i, ')'));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of CLUSTERED) await rebuild(queryRunner, table, (sql) => `${sql} WITHOUT ROWID`);
    await widenInterrupts(queryRunner);
    await widenRuns(queryRunner);
    await widenThreads(queryRunner);
  }
}

async function narrowThreads(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query('ALTER TABLE threads RENAME TO wide_threads');
  await queryRunner.query(`CREATE TABLE threads (
    thread_id TEXT NOT NULL PRIMARY KEY,
    owner TEXT,
    status TEXT NOT NULL DEFAULT 'idle',
    graph_id TEXT,
    assistant_id TEXT,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    state_updated_at INTEGER NOT NULL,
    error TEXT
  )`);
  await queryRunner.query(`CREATE TABLE thread_documents (
    thread_id TEXT NOT NULL PRIMARY KEY REFERENCES threads (thread_id) ON DELETE CASCADE,
    metadata_json TEXT NOT NULL,
    config_json TEXT NOT NULL
  )`);
  // SQLite reads no JSON of more than 1,000 levels.
  const text = (key: string): string => `CASE WHEN json_valid(metadata_json) THEN
    CASE json_type(metadata_json, '$.${key}') WHEN 'text' THEN json_extract(metadata_json, '$.${key}') END END`;
  await queryRunner.query(`INSERT INTO threads (thread_id, owner, status, graph_id, assistant_id, created_at, updated_at,
      state_updated_at, error)
    SELECT thread_id, owner, status, ${text('graph_id')}, ${text('assistant_id')}, created_at, updated_at, state_updated_at, error
    FROM wide_threads`);
  await queryRunner.query(`INSERT INTO thread_documents (thread_id, metadata_json, config_json)
    SELECT thread_id, metadata_json, config_json FROM wide_threads`);
  await queryRunner.query('DROP TABLE wide_threads');
}

async function widenThreads(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`CREATE TABLE wide_threads (
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
  await queryRunner.query(`INSERT INTO wide_threads
    SELECT thread_id, owner, status, metadata_json, config_json, error, created_at, updated_at, state_updated_at
    FROM threads JOIN thread_documents USING (thread_id)`);
  await queryRunner.query('DROP TABLE thread_documents');
  await queryRunner.query('DROP TABLE threads');
  await queryRunner.query('ALTER TABLE wide_threads RENAME TO threads');
}

async function narrowRuns(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`CREATE TABLE run_documents (
    position INTEGER PRIMARY KEY REFERENCES runs (position) ON DELETE CASCADE,
    kwargs_json TEXT NOT NULL,
    metadata_json TEXT NOT NULL
  )`);
  await queryRunner.query(`INSERT INTO run_documents (position, kwargs_json, metadata_json)
    SELECT position, kwargs_json, metadata_json FROM runs`);
  // Ids of the interrupts that it answers: what is needed of its command when it is cancelled.
  await queryRunner.query(`ALTER TABLE runs ADD COLUMN answers_json TEXT NOT NULL DEFAULT '[]'`);
  await queryRunner.query(`UPDATE runs SET answers_json = (SELECT json_group_array(key) FROM json_each(kwargs_json, '$.command.resume'))
    WHERE CASE WHEN json_valid(kwargs_json) THEN json_type(kwargs_json, '$.command.resume') END = 'object'`);
  for (const column of ['kwargs_json', 'metadata_json'])
    await queryRunner.query(`ALTER TABLE runs DROP COLUMN ${column}`);
  // The one text that a graph gives: behind all that is searched.
  await moveLast(queryRunner, 'error');
  await queryRunner.query('ALTER TABLE runs ADD COLUMN error_type TEXT');
  await queryRunner.query('CREATE INDEX runs_in_order ON runs (thread_id, position)');
  await queryRunner.query('CREATE INDEX runs_owing ON runs (thread_id, position) WHERE owed_terminal IS NOT NULL');
}

async function widenRuns(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query('DROP INDEX runs_owing');
  await queryRunner.query('DROP INDEX runs_in_order');
  for (const column of ['error_type', 'answers_json'])
    await queryRunner.query(`ALTER TABLE runs DROP COLUMN ${column}`);
  await queryRunner.query(`ALTER TABLE runs ADD COLUMN metadata_json TEXT NOT NULL DEFAULT '{}'`);
  await queryRunner.query(`ALTER TABLE runs ADD COLUMN kwargs_json TEXT NOT NULL DEFAULT '{}'`);
  await queryRunner.query(`UPDATE runs SET (metadata_json, kwargs_json) =
    (SELECT metadata_json, kwargs_json FROM run_documents WHERE run_documents.position = runs.position)`);
  await queryRunner.query('DROP TABLE run_documents');
}

async function moveLast(queryRunner: QueryRunner, column: string): Promise<void> {
  await queryRunner.query(`ALTER TABLE runs RENAME COLUMN ${column} TO former_${column}`);
  await queryRunner.query(`ALTER TABLE runs ADD COLUMN ${column} TEXT`);
  await queryRunner.query(`UPDATE runs SET ${column} = former_${column} WHERE former_${column} IS NOT NULL`);
  await queryRunner.query(`ALTER TABLE runs DROP COLUMN former_${column}`);
}

const INTERRUPT_COLUMNS =
  'thread_id, interrupt_id, run_id, namespace, task_id, requested_seq, answered_by_run, answered_seq, created_at';

async function narrowInterrupts(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query('ALTER TABLE interrupts RENAME TO wide_interrupts');
  await queryRunner.query(`CREATE TABLE interrupts (
    interrupt_key INTEGER PRIMARY KEY,
    thread_id TEXT NOT NULL,
    interrupt_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    namespace TEXT NOT NULL,
    task_id TEXT NOT NULL,
    requested_seq INTEGER NOT NULL,
    answered_by_run TEXT,
    answered_seq INTEGER,
    created_at INTEGER NOT NULL,
    UNIQUE (thread_id, interrupt_id)
  )`);
  await queryRunner.query(`CREATE INDEX interrupts_by_answer ON interrupts (thread_id, answered_by_run)`);
  await queryRunner.query(`CREATE TABLE interrupt_documents (
    interrupt_key INTEGER PRIMARY KEY REFERENCES interrupts (interrupt_key) ON DELETE CASCADE,
    data_json TEXT NOT NULL
  )`);
  await queryRunner.query(
    `INSERT INTO interrupts (${INTERRUPT_COLUMNS}) SELECT ${INTERRUPT_COLUMNS} FROM wide_interrupts`,
  );
  await queryRunner.query(`INSERT INTO interrupt_documents (interrupt_key, data_json)
    SELECT interrupt_key, data_json FROM interrupts JOIN wide_interrupts USING (thread_id, interrupt_id)`);
  await queryRunner.query('DROP TABLE wide_interrupts');
}

async function widenInterrupts(queryRunner: QueryRunner): Promise<void> {
  await queryRunner.query(`CREATE TABLE wide_interrupts (
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
  await queryRunner.query(`INSERT INTO wide_interrupts (${INTERRUPT_COLUMNS}, data_json)
    SELECT ${INTERRUPT_COLUMNS}, data_json FROM interrupts JOIN interrupt_documents USING (interrupt_key)`);
  await queryRunner.query('DROP TABLE interrupt_documents');
  await queryRunner.query('DROP TABLE interrupts');
  await queryRunner.query('ALTER TABLE wide_interrupts RENAME TO interrupts');
}

/** Makes a table anew from its own definition, changed, with its rows and its indexes. */
async function rebuild(queryRunner: QueryRunner, table: string, change: (sql: string) => string): Promise<void> {
  const select = 'SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type = ? AND sql IS NOT NULL';
  const [definition] = (await queryRunner.query(select, [table, 'table'])) as { sql: string }[];
  const indexes = (await queryRunner.query(select, [table, 'index'])) as { sql: string }[];
  await queryRunner.query(`ALTER TABLE ${table} RENAME TO former_${table}`);
  await queryRunner.query(change((definition as { sql: string }).sql));
  await queryRunner.query(`INSERT INTO ${table} SELECT * FROM former_${table}`);
  await queryRunner.query(`DROP TABLE former_${table}`);
  for (const { sql } of indexes) await queryRunner.query(sql);
}
