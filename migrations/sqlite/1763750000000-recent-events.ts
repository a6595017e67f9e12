import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = 'thread_key, seq, kind, cursor_only, channel, method, name, namespace, run_id, timestamp, envelope';

/**
 * Events of a commit that touched many threads go into `recent_events`, one behind the other, and later to their place
 * in `events`; `log_events` is both (docs/adr/0008-recent-events.md).
 */
export class RecentEvents1763750000000 implements MigrationInterface {
  readonly name = 'RecentEvents1763750000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE TABLE recent_events (
      position INTEGER PRIMARY KEY,
      thread_key INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      kind INTEGER NOT NULL,
      cursor_only INTEGER NOT NULL,
      channel TEXT NOT NULL,
      method TEXT,
      name TEXT,
      namespace TEXT NOT NULL,
      run_id TEXT,
      timestamp INTEGER NOT NULL,
      envelope TEXT NOT NULL
    )`);
    await queryRunner.query('CREATE UNIQUE INDEX recent_events_by_seq ON recent_events (thread_key, seq)');
    await queryRunner.query(
      `CREATE INDEX recent_events_by_run ON recent_events (run_id, seq) WHERE channel = 'lifecycle'`,
    );
    await queryRunner.query(`CREATE VIEW log_events AS
      SELECT ${COLUMNS} FROM events UNION ALL SELECT ${COLUMNS} FROM recent_events`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW log_events');
    await queryRunner.query(`INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS} FROM recent_events`);
    await queryRunner.query('DROP TABLE recent_events');
  }
}
