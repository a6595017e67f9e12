import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Items of the store get a time to live (minutes, and epoch ms at which it is over; both null for ever), and, where
 * langgraph.json names an embedding function, the vectors of their texts: little-endian 32-bit floats.
 */
export class StoreItems1763871000000 implements MigrationInterface {
  readonly name = 'StoreItems1763871000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE store_items ADD COLUMN ttl_minutes REAL');
    await queryRunner.query('ALTER TABLE store_items ADD COLUMN expires_at INTEGER');
    await queryRunner.query(
      'CREATE INDEX store_items_by_expiry ON store_items (expires_at) WHERE expires_at IS NOT NULL',
    );
    await queryRunner.query(`CREATE TABLE store_vectors (
      owner TEXT NOT NULL,
      namespace TEXT NOT NULL,
      key TEXT NOT NULL,
      place INTEGER NOT NULL,
      vector BLOB NOT NULL,
      PRIMARY KEY (owner, namespace, key, place),
      FOREIGN KEY (owner, namespace, key) REFERENCES store_items (owner, namespace, key) ON DELETE CASCADE
    )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE store_vectors');
    await queryRunner.query('DROP INDEX store_items_by_expiry');
    await queryRunner.query('ALTER TABLE store_items DROP COLUMN expires_at');
    await queryRunner.query('ALTER TABLE store_items DROP COLUMN ttl_minutes');
  }
}
