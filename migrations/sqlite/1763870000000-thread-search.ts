import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Labels of one thread at most; one with more gets the label `MORE` as well. */
const MAX_LABELS = 64;
/** Between a key and its value; no labelled key holds it. */
const SEPARATOR = 'char(31)';
/** Marks a thread of which not everything is labelled. */
const MORE = 'char(31)';

/**
 * What finds threads by their metadata, and how long they live.
 *
 * A label is one top-level entry of the metadata: `<key> U+001F <tag><value>`, with the tag s, n, t, f or z for a
 * string of up to 200 characters, an integer that JSON numbers hold exactly, true, false and null. `metadata_labels`
 * counts the threads of each, so that a search begins with the rarest. Triggers keep them, whoever writes the metadata;
 * the view `labels_of_threads` says once what is labelled. `thread_lifetimes` has the threads with a time to live of
 * their own, in minutes since their last change.
 */
export class ThreadSearch1763870000000 implements MigrationInterface {
  readonly name = 'ThreadSearch1763870000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const column of ['created_at', 'updated_at', 'state_updated_at', 'status'])
      await queryRunner.query(`CREATE INDEX threads_by_${column} ON threads (owner, ${column}, thread_id)`);

    await queryRunner.query(`CREATE TABLE thread_lifetimes (
      thread_id TEXT NOT NULL PRIMARY KEY REFERENCES threads (thread_id) ON DELETE CASCADE,
      strategy TEXT NOT NULL,
      minutes REAL NOT NULL
    )`);

    await queryRunner.query(`CREATE TABLE metadata_labels (
      label_key INTEGER PRIMARY KEY,
      owner TEXT NOT NULL,
      label TEXT NOT NULL,
      threads INTEGER NOT NULL DEFAULT 0,
      UNIQUE (owner, label)
    )`);
    await queryRunner.query(`CREATE TABLE thread_labels (
      label_key INTEGER NOT NULL,
      thread_id TEXT NOT NULL REFERENCES threads (thread_id) ON DELETE CASCADE,
      PRIMARY KEY (label_key, thread_id)
    ) WITHOUT ROWID`);
    await queryRunner.query('CREATE INDEX thread_labels_by_thread ON thread_labels (thread_id)');
    await createView(queryRunner);
    await createTriggers(queryRunner);
    await labelAll(queryRunner);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const trigger of ['documents_made', 'documents_changed', 'label_given', 'label_taken'])
      await queryRunner.query(`DROP TRIGGER ${trigger}`);
    await queryRunner.query('DROP VIEW labels_of_threads');
    for (const table of ['thread_labels', 'metadata_labels', 'thread_lifetimes'])
      await queryRunner.query(`DROP TABLE ${table}`);
    for (const column of ['status', 'state_updated_at', 'updated_at', 'created_at'])
      await queryRunner.query(`DROP INDEX threads_by_${column}`);
  }
}

async function createView(queryRunner: QueryRunner): Promise<void> {
  // SQLite reads no JSON of more than 1,000 levels.
  const entries = `json_each(CASE WHEN json_valid(metadata_json) THEN metadata_json ELSE '{}' END) AS entry`;
  await queryRunner.query(`CREATE VIEW labels_of_threads AS
    SELECT thread_id, coalesce(owner, '') AS owner, entry.key || ${SEPARATOR} || CASE entry.type
        WHEN 'text' THEN 's' || entry.atom WHEN 'integer' THEN 'n' || entry.atom
        WHEN 'true' THEN 't' WHEN 'false' THEN 'f' ELSE 'z' END AS label
      FROM thread_documents JOIN threads USING (thread_id), ${entries}
      WHERE length(entry.key) <= 100 AND instr(entry.key, char(31)) = 0 AND instr(entry.key, char(0)) = 0
        AND CASE entry.type WHEN 'text' THEN length(entry.atom) <= 200 AND instr(entry.atom, char(0)) = 0
          WHEN 'integer' THEN entry.atom BETWEEN -9007199254740991 AND 9007199254740991
          ELSE entry.type IN ('true', 'false', 'null') END`);
}

/** Statements that label one thread, or all for a condition that holds for all. */
function labelling(where: string, limit: string): string[] {
  const some = `SELECT owner, label FROM labels_of_threads WHERE ${where} ${limit}`;
  const incomplete = `SELECT coalesce(owner, '') AS owner, ${MORE} AS label, thread_id
    FROM thread_documents JOIN threads USING (thread_id) WHERE ${where} AND CASE WHEN json_valid(metadata_json)
      THEN (SELECT count(*) FROM (SELECT 1 FROM json_each(metadata_json) LIMIT ${MAX_LABELS + 1})) > ${MAX_LABELS}
      ELSE 1 END`;
  const known = 'JOIN metadata_labels USING (owner, label)';
  return [
    `INSERT INTO metadata_labels (owner, label) ${some} ON CONFLICT DO NOTHING`,
    `INSERT INTO thread_labels (label_key, thread_id)
      SELECT label_key, thread_id FROM (SELECT * FROM labels_of_threads WHERE ${where} ${limit}) ${known}
      WHERE true ON CONFLICT DO NOTHING`,
    `INSERT INTO metadata_labels (owner, label) SELECT owner, label FROM (${incomplete}) WHERE true ON CONFLICT DO NOTHING`,
    `INSERT INTO thread_labels (label_key, thread_id) SELECT label_key, thread_id FROM (${incomplete}) ${known}
      WHERE true ON CONFLICT DO NOTHING`,
  ];
}

async function createTriggers(queryRunner: QueryRunner): Promise<void> {
  const label = labelling('thread_id = NEW.thread_id', `LIMIT ${MAX_LABELS}`).join('; ');
  await queryRunner.query(`CREATE TRIGGER documents_made AFTER INSERT ON thread_documents BEGIN ${label}; END`);
  await queryRunner.query(`CREATE TRIGGER documents_changed AFTER UPDATE OF metadata_json ON thread_documents
    WHEN NEW.metadata_json <> OLD.metadata_json
    BEGIN DELETE FROM thread_labels WHERE thread_id = NEW.thread_id; ${label}; END`);
  await queryRunner.query(`CREATE TRIGGER label_given AFTER INSERT ON thread_labels
    BEGIN UPDATE metadata_labels SET threads = threads + 1 WHERE label_key = NEW.label_key; END`);
  await queryRunner.query(`CREATE TRIGGER label_taken AFTER DELETE ON thread_labels
    BEGIN
      UPDATE metadata_labels SET threads = threads - 1 WHERE label_key = OLD.label_key;
      DELETE FROM metadata_labels WHERE label_key = OLD.label_key AND threads = 0;
    END`);
}

/** Labels the threads that are there already. */
async function labelAll(queryRunner: QueryRunner): Promise<void> {
  for (const statement of labelling('true', '')) await queryRunner.query(statement);
}
