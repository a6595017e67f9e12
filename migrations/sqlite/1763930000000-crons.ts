import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Crons get a time zone and what happens to the threads they make. Their JSON, which can be large, lies beside the rows
 * that are searched and ticked.
 */
export class Crons1763930000000 implements MigrationInterface {
  readonly name = 'Crons1763930000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE crons ADD COLUMN timezone TEXT');
    await queryRunner.query('ALTER TABLE crons ADD COLUMN on_run_completed TEXT');
    await queryRunner.query(`CREATE TABLE cron_documents (
      cron_id TEXT NOT NULL PRIMARY KEY REFERENCES crons (cron_id) ON DELETE CASCADE,
      payload_json TEXT NOT NULL,
      metadata_json TEXT NOT NULL
    )`);
    await queryRunner.query(`INSERT INTO cron_documents (cron_id, payload_json, metadata_json)
      SELECT cron_id, payload_json, metadata_json FROM crons`);
    for (const column of ['payload_json', 'metadata_json'])
      await queryRunner.query(`ALTER TABLE crons DROP COLUMN ${column}`);
    await queryRunner.query('CREATE INDEX crons_due ON crons (next_run_at) WHERE next_run_at IS NOT NULL');
    await queryRunner.query('CREATE INDEX crons_by_owner ON crons (owner, created_at)');
    await queryRunner.query('CREATE INDEX crons_by_thread ON crons (thread_id) WHERE thread_id IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const index of ['crons_by_thread', 'crons_by_owner', 'crons_due'])
      await queryRunner.query(`DROP INDEX ${index}`);
    for (const column of ['metadata_json', 'payload_json'])
      await queryRunner.query(`ALTER TABLE crons ADD COLUMN ${column} TEXT NOT NULL DEFAULT '{}'`);
    await queryRunner.query(`UPDATE crons SET (payload_json, metadata_json) =
      (SELECT payload_json, metadata_json FROM cron_documents WHERE cron_documents.cron_id = crons.cron_id)`);
    await queryRunner.query('DROP TABLE cron_documents');
    for (const column of ['on_run_completed', 'timezone'])
      await queryRunner.query(`ALTER TABLE crons DROP COLUMN ${column}`);
  }
}
