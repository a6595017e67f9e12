import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The runs of one owner over all threads, newest first, and how many there are, without a look at every run. */
export class RunsByOwner1763650000000 implements MigrationInterface {
  readonly name = 'RunsByOwner1763650000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE INDEX runs_by_owner ON runs (owner, position)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX runs_by_owner');
  }
}
