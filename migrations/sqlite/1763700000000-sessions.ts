import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the session API keeps beside threads and assistants: titles and settings of sessions, environments, and the
 * versions of agents. Times are epoch milliseconds; `*_json` columns hold JSON text.
 */
export class Sessions1763700000000 implements MigrationInterface {
  readonly name = 'Sessions1763700000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE sessions (
      thread_id TEXT PRIMARY KEY,
      owner TEXT,
      agent_id TEXT NOT NULL,
      agent_version INTEGER NOT NULL,
      agent_json TEXT NOT NULL,
      environment_id TEXT NOT NULL,
      title TEXT,
      metadata_json TEXT NOT NULL DEFAULT '{}',
      held_turns_json TEXT NOT NULL DEFAULT '[]',
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      archived_at INTEGER
    ) WITHOUT ROWID`);
    await queryRunner.query(`CREATE INDEX sessions_by_owner ON sessions (owner, created_at, thread_id)`);
    await queryRunner.query(`CREATE INDEX sessions_holding ON sessions (thread_id) WHERE held_turns_json <> '[]'`);

    await queryRunner.query(`CREATE TABLE environments (
      environment_id TEXT PRIMARY KEY,
      owner TEXT,
      name TEXT NOT NULL,
      description TEXT,
      config_json TEXT NOT NULL DEFAULT '{}',
      metadata_json TEXT NOT NULL DEFAULT '{}',
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      archived_at INTEGER
    ) WITHOUT ROWID`);

    await queryRunner.query(`ALTER TABLE assistants ADD COLUMN agent_json TEXT NOT NULL DEFAULT '{}'`);
    await queryRunner.query(`ALTER TABLE assistants ADD COLUMN archived_at INTEGER`);
    await queryRunner.query(`CREATE TABLE assistant_versions (
      assistant_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      snapshot_json TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (assistant_id, version)
    ) WITHOUT ROWID`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE assistant_versions');
    await queryRunner.query('ALTER TABLE assistants DROP COLUMN archived_at');
    await queryRunner.query('ALTER TABLE assistants DROP COLUMN agent_json');
    await queryRunner.query('DROP TABLE environments');
    await queryRunner.query('DROP TABLE sessions');
  }
}
