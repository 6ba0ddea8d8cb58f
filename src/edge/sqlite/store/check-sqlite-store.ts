import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { readSchemaVersion } from "../../store/migrate.ts";
import { STORE_SCHEMA_VERSION } from "../../store/migrations.ts";
import type { StoreFinding } from "../../../ports/store/store-finding.ts";
import type { Entities } from "../../../ports/store/entities.ts";
import type { SqlDatabase, SqlSession } from "../../store/sql.ts";
import { SQLITE_DIALECT } from "../../store/sql.ts";
import { SqlStore } from "../../store/sql-store.ts";
import { asError, isBusy } from "../database.ts";
import { attachStoreFile, SqliteSession, storeFileIn } from "./store-file.ts";

/** Says what is wrong with the store's file in a folder. Changes nothing. */
export async function checkSqliteStore(
  folder: string,
  checkContent: (store: Pick<Entities, "scan">) => Promise<readonly StoreFinding[]>,
): Promise<readonly StoreFinding[]> {
  const file = storeFileIn(folder);
  if (!existsSync(file))
    return [{ isProblem: false, text: `${file} is not there yet: a router makes it when it first needs it` }];
  const database = new DatabaseSync(":memory:", { timeout: 0 });
  try {
    attachStoreFile(database, folder);
    const damage = database.prepare("PRAGMA busbar.quick_check").get()?.["quick_check"];
    if (damage !== "ok") return [{ isProblem: true, text: `${file} is damaged: ${String(damage)}` }];
    const session = new SqliteSession(database);
    const { version, oldestReader } = await readSchemaVersion(session);
    if (oldestReader > STORE_SCHEMA_VERSION)
      return [{ isProblem: true, text: `${file}: its schema has version ${version}, which takes a newer Busbar` }];
    const found = { isProblem: false, text: `${file}: its schema has version ${version}` };
    if (version < STORE_SCHEMA_VERSION) return [found];
    return [found, ...(await checkContent(new SqlStore(readOnly(session))))];
  } catch (error) {
    if (isBusy(error)) return [{ isProblem: false, text: `${file} is in use by a router, which has checked it` }];
    return [{ isProblem: true, text: `${file} cannot be read: ${asError(error).message}` }];
  } finally {
    database.close();
  }
}

function readOnly(session: SqlSession): SqlDatabase {
  const refuse = (): Promise<never> => Promise.reject(new Error("a check changes nothing"));
  return {
    dialect: SQLITE_DIALECT,
    read: (...statement) => session.rows(...statement),
    write: refuse,
    transaction: refuse,
  };
}
