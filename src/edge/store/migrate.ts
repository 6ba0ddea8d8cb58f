import { StoreError } from "../../ports/store/store.ts";
import { CREATE_MIGRATIONS_TABLE, migrationStatements, STORE_SCHEMA_VERSION } from "./migrations.ts";
import type { SqlDialect, SqlSession } from "./sql.ts";

/** Which version a schema has, and which version a router must know to use it. */
export interface SchemaVersion {
  readonly version: number;
  readonly oldestReader: number;
}

const READ_VERSION = `
  SELECT coalesce(max(version), 0) AS version, coalesce(max(oldest_reader), 0) AS oldest_reader FROM busbar.migrations`;

/** Reads the version of a schema that has the table of its migrations. */
export async function readSchemaVersion(session: SqlSession): Promise<SchemaVersion> {
  const [row] = await session.rows(READ_VERSION);
  return { version: Number(row?.["version"]), oldestReader: Number(row?.["oldest_reader"]) };
}

/**
 * Takes the schema to a version, the newest by default, in the transaction of the session; the caller sees to it that
 * nobody else does at the same time. A newer schema is left as it is.
 *
 * @throws StoreError `refused` when a newer schema says that this version cannot use it.
 */
export async function migrate(session: SqlSession, dialect: SqlDialect, to = STORE_SCHEMA_VERSION): Promise<void> {
  await session.rows(CREATE_MIGRATIONS_TABLE);
  const found = await readSchemaVersion(session);
  refuseNewer(found);
  for (const statement of migrationStatements(found.version, to, dialect)) await session.rows(statement);
}

/** @throws StoreError `refused` when a newer schema says that this version cannot use it. */
export function refuseNewer({ version, oldestReader }: SchemaVersion): void {
  if (oldestReader <= STORE_SCHEMA_VERSION) return;
  throw new StoreError(
    "refused",
    `the store was changed by a newer Busbar: its schema has version ${version} and takes a router that knows ${oldestReader}, this one knows ${STORE_SCHEMA_VERSION}`,
  );
}
