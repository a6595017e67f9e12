import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What tells, after a process was lost, which of its runs may have been the reason
 * (docs/adr/0009-whose-crash-it-was.md).
 */
export class CrashBlame1763800000000 implements MigrationInterface {
  readonly name = 'CrashBlame1763800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // 'waiting' until a process starts the run, then 'beside' others, or 'alone' while it is watched.
    await queryRunner.query(`ALTER TABLE runs ADD COLUMN attempt_state TEXT NOT NULL DEFAULT 'waiting'`);
    // Milliseconds for which a suspect is watched; 0 for a run that is none.
    await queryRunner.query('ALTER TABLE runs ADD COLUMN watch_ms INTEGER NOT NULL DEFAULT 0');
    // Milliseconds from the start of a process to the end of its watch, when it was last watched.
    await queryRunner.query('ALTER TABLE runs ADD COLUMN watched_through_ms INTEGER NOT NULL DEFAULT 0');
    // One row: whether the newest process was asked to stop.
    await queryRunner.query(`CREATE TABLE process_life (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      stopping INTEGER NOT NULL
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE process_life');
    await queryRunner.query('ALTER TABLE runs DROP COLUMN watched_through_ms');
    await queryRunner.query('ALTER TABLE runs DROP COLUMN watch_ms');
    await queryRunner.query('ALTER TABLE runs DROP COLUMN attempt_state');
  }
}
