import type { SqlDialect } from "./sql.ts";

/** A step of the schema. Steps are only ever added, and one that was released is never changed. */
export interface Migration {
  readonly name: string;
  /**
   * The oldest version of the schema that a router must know to go on with what this step leaves behind: while routers
   * are replaced one by one, earlier ones still run.
   */
  readonly oldestReader: number;
  readonly statements: (dialect: SqlDialect) => readonly string[];
}

/** Version N of the schema is what the first N steps leave behind. */
export const STORE_MIGRATIONS: readonly Migration[] = [
  {
    name: "entities and the counter of revisions",
    oldestReader: 1,
    statements: ({ key, index }) => [
      `CREATE TABLE busbar.counter (
        id integer PRIMARY KEY CHECK (id = 1), revision bigint NOT NULL, forgotten bigint NOT NULL
      )`,
      `INSERT INTO busbar.counter (id, revision, forgotten) VALUES (1, 0, 0)`,
      `CREATE TABLE busbar.entities (
        kind ${key} NOT NULL,
        name ${key} NOT NULL,
        value text,
        revision bigint NOT NULL,
        created_at_ms bigint NOT NULL,
        changed_at_ms bigint NOT NULL,
        PRIMARY KEY (kind, name)
      )`,
      index("entities_by_revision", "entities", "(revision)"),
      index("entities_deleted", "entities", "(changed_at_ms) WHERE value IS NULL"),
    ],
  },
  {
    name: "leases",
    oldestReader: 1,
    statements: ({ key }) => [
      `CREATE TABLE busbar.leases (
        name ${key} PRIMARY KEY, holder text NOT NULL, token text NOT NULL, ends_at_ms bigint NOT NULL
      )`,
    ],
  },
  {
    name: "due work",
    oldestReader: 1,
    statements: ({ key, index }) => [
      `CREATE TABLE busbar.due_work (
        kind ${key} NOT NULL,
        name ${key} NOT NULL,
        value text NOT NULL,
        due_at_ms bigint NOT NULL,
        claimable_at_ms bigint NOT NULL,
        claim text,
        attempts integer NOT NULL,
        PRIMARY KEY (kind, name)
      )`,
      index("due_work_by_time", "due_work", "(kind, claimable_at_ms, name)"),
    ],
  },
];

export const STORE_SCHEMA_VERSION = STORE_MIGRATIONS.length;

export const CREATE_MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS busbar.migrations (
    version integer PRIMARY KEY, name text NOT NULL, oldest_reader integer NOT NULL, applied_at_ms bigint NOT NULL
  )`;

/** The statements that take the schema from one version to another, each step with the row that records it. */
export function migrationStatements(from: number, to: number, dialect: SqlDialect): readonly string[] {
  return STORE_MIGRATIONS.slice(from, to).flatMap(({ name, oldestReader, statements }, index) => [
    ...statements(dialect),
    `INSERT INTO busbar.migrations (version, name, oldest_reader, applied_at_ms)
      VALUES (${from + index + 1}, '${name}', ${oldestReader}, ${dialect.now})`,
  ]);
}
