import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `runs.webhook`: where the end of a run is told. `webhooks`: what is to be sent, from the end of a run until it was
 * taken; `due_at` (epoch ms) is when it is sent next, or taken to be lost while it is being sent.
 */
export class Webhooks1763931000000 implements MigrationInterface {
  readonly name = 'Webhooks1763931000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE runs ADD COLUMN webhook TEXT');
    await queryRunner.query(`CREATE TABLE webhooks (
      webhook_id TEXT NOT NULL PRIMARY KEY,
      run_id TEXT NOT NULL,
      thread_id TEXT NOT NULL,
      attempt INTEGER NOT NULL DEFAULT 0,
      due_at INTEGER NOT NULL,
      url TEXT NOT NULL
    )`);
    await queryRunner.query('CREATE INDEX webhooks_due ON webhooks (due_at)');
    await queryRunner.query(`CREATE TABLE webhook_documents (
      webhook_id TEXT NOT NULL PRIMARY KEY REFERENCES webhooks (webhook_id) ON DELETE CASCADE,
      body_json TEXT NOT NULL
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE webhook_documents');
    await queryRunner.query('DROP INDEX webhooks_due');
    await queryRunner.query('DROP TABLE webhooks');
    await queryRunner.query('ALTER TABLE runs DROP COLUMN webhook');
  }
}
