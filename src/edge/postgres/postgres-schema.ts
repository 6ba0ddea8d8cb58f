import { StoreError } from "../../ports/store/store.ts";
import type { SchemaVersion } from "../store/migrate.ts";
import { migrate, readSchemaVersion, refuseNewer } from "../store/migrate.ts";
import { CREATE_MIGRATIONS_TABLE, migrationStatements, STORE_SCHEMA_VERSION } from "../store/migrations.ts";
import { POSTGRES_DIALECT } from "../store/sql.ts";
import type { PostgresDatabase } from "./postgres-database.ts";
import { isForbidden, isMissing } from "./postgres-errors.ts";

/** The advisory lock of migrations: "busbar" in bytes. Others in the same database have other numbers. */
const MIGRATION_LOCK = 0x62_75_73_62_61_72;
/** Waiting for another router that migrates included. */
const MIGRATION_TIMEOUT_MS = 300_000;

/**
 * Makes the schema what this version needs. Where it is already, no right to change it is needed.
 *
 * @param to the version to stop at, for tests of the steps; the newest by default.
 * @throws StoreError `refused` when the role may not change the schema, or a newer router did.
 */
export async function prepareSchema(database: PostgresDatabase, to = STORE_SCHEMA_VERSION): Promise<void> {
  const found = await findSchema(database);
  refuseNewer(found);
  if (found.version >= to) return;
  try {
    await database.transaction(async (session) => {
      // Another router that starts at the same time waits here, and then finds nothing to do.
      await session.rows(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
      const [row] = await session.rows(`SELECT to_regnamespace('busbar') IS NULL AS missing`);
      if (row?.["missing"] === true) await session.rows("CREATE SCHEMA busbar");
      await migrate(session, POSTGRES_DIALECT, to);
      return { keep: true, result: undefined };
    }, MIGRATION_TIMEOUT_MS);
  } catch (error) {
    if (!isForbidden(causeOf(error))) throw error;
    throw new StoreError(
      "refused",
      `the store's schema has version ${found.version}, ${to} is needed, and the role may not change it: let one that may run what \`busbar store script\` prints`,
      { cause: error },
    );
  }
}

/** Version 0 stands for a database without the schema. */
export async function findSchema(database: PostgresDatabase): Promise<SchemaVersion> {
  try {
    return await readSchemaVersion({ rows: (text) => database.read(text, []) });
  } catch (error) {
    if (isMissing(causeOf(error))) return { version: 0, oldestReader: 0 };
    throw error;
  }
}

/**
 * What a role with the right to make schemas runs for one without: as text for psql, from a version to the newest.
 *
 * @param role that routers sign in as.
 */
export function schemaScript(from: number, role: string): string {
  const name = `"${role.replaceAll('"', '""')}"`;
  const statements = [
    "BEGIN",
    `SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`,
    "CREATE SCHEMA IF NOT EXISTS busbar",
    CREATE_MIGRATIONS_TABLE.trim(),
    ...migrationStatements(from, STORE_SCHEMA_VERSION, POSTGRES_DIALECT),
    `GRANT USAGE ON SCHEMA busbar TO ${name}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA busbar TO ${name}`,
    "COMMIT",
  ];
  return statements.map((statement) => `${statement};\n`).join("");
}

function causeOf(error: unknown): unknown {
  return error instanceof StoreError ? error.cause : error;
}
