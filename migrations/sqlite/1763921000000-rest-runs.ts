import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `runs.due_at`: epoch ms before which a run that waits is not started. `temporary_threads`: threads of runs that were
 * asked for without one, which are removed at `remove_at` (epoch ms), or when their run has ended if that is null.
 */
export class RestRuns1763921000000 implements MigrationInterface {
  readonly name = 'RestRuns1763921000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE runs ADD COLUMN due_at INTEGER');
    await queryRunner.query(
      "CREATE INDEX runs_due ON runs (due_at) WHERE due_at IS NOT NULL AND status = 'pending'",
    );
    await queryRunner.query(`CREATE TABLE temporary_threads (
      thread_id TEXT NOT NULL PRIMARY KEY REFERENCES threads (thread_id) ON DELETE CASCADE,
      remove_at INTEGER
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE temporary_threads');
    await queryRunner.query('DROP INDEX runs_due');
    await queryRunner.query('ALTER TABLE runs DROP COLUMN due_at');
  }
}
