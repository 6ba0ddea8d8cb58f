import type { TlsTexts } from "../../domain/target/tls-texts.ts";
import type { Entities } from "../../ports/store/entities.ts";
import type { StoreFinding } from "../../ports/store/store-finding.ts";
import { STORE_SCHEMA_VERSION } from "../store/migrations.ts";
import { SqlStore } from "../store/sql-store.ts";
import { addressText, postgresAddress, type PostgresAddress } from "./postgres-address.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import { asStoreError } from "./postgres-errors.ts";
import { PostgresPool } from "./postgres-pool.ts";
import { findSchema } from "./postgres-schema.ts";

/** Looks at what is in the store. */
type CheckContent = (store: Pick<Entities, "scan">) => Promise<readonly StoreFinding[]>;

const VERSION_MIN = 13;
const CLOCK_DIFFERENCE_MS_MAX = 5_000;
const LEASE_MS = 10_000;

const SERVER = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
    current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
    current_user::text AS role, has_database_privilege(current_database(), 'CREATE') AS may_create,
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_ms`;

/** Tries what a router does at its start and afterwards, on each of the servers, and says what is wrong. Changes no schema. */
export async function checkPostgresStore(
  urls: readonly string[],
  tls: TlsTexts,
  checkContent: CheckContent,
): Promise<readonly StoreFinding[]> {
  const addresses = urls.map((url) => postgresAddress(url, tls));
  const each = await Promise.all(addresses.map((address) => checkServer(address, checkContent)));
  const takesChanges = each.some(({ isUsable }) => isUsable);
  const none = { isProblem: true, text: "none of the servers can be used" };
  return [...each.flatMap(({ findings }) => findings), ...(takesChanges || addresses.length === 1 ? [] : [none])];
}

interface CheckedServer {
  readonly isUsable: boolean;
  readonly findings: readonly StoreFinding[];
}

async function checkServer(address: PostgresAddress, checkContent: CheckContent): Promise<CheckedServer> {
  const pool = new PostgresPool([address], 1);
  const findings: StoreFinding[] = [];
  const found = (isProblem: boolean, text: string): void =>
    void findings.push({ isProblem, text: `${addressText(address)}: ${text}` });
  try {
    const database = new PostgresDatabase(pool);
    await checkSettings(database, found);
    if (await checkSchema(database, found))
      for (const { isProblem, text } of await checkContent(new SqlStore(database))) found(isProblem, text);
    return { isUsable: true, findings };
  } catch (error) {
    found(true, asStoreError(error).message);
    return { isUsable: false, findings };
  } finally {
    await pool.close();
  }
}

type Found = (isProblem: boolean, text: string) => void;

async function checkSettings(database: PostgresDatabase, found: Found): Promise<void> {
  const [row = {}] = await database.read(SERVER, []);
  const version = Math.floor(Number(row["version"]) / 10_000);
  found(version < VERSION_MIN, `PostgreSQL ${version}, signed in as ${String(row["role"])}`);
  if (version < VERSION_MIN) found(true, `PostgreSQL ${VERSION_MIN} or newer is needed`);
  if (row["encoding"] !== "UTF8") found(true, `the database's encoding is ${String(row["encoding"])}, UTF8 is needed`);
  for (const name of ["fsync", "synchronous_commit"])
    if (row[name] === "off") found(true, `${name} is off: a crash of the server loses what was committed`);
  const differenceMs = Math.abs(Number(row["now_ms"]) - Date.now());
  if (differenceMs > CLOCK_DIFFERENCE_MS_MAX)
    found(
      true,
      `its clock and this machine's differ by ${Math.round(differenceMs / 1_000)} s: due work goes by the server's`,
    );
}

/** Resolves with whether the schema can be used. */
async function checkSchema(database: PostgresDatabase, found: Found): Promise<boolean> {
  const { version, oldestReader } = await findSchema(database);
  if (oldestReader > STORE_SCHEMA_VERSION) {
    found(true, `the schema has version ${version}, which takes a newer Busbar`);
    return false;
  }
  if (version < STORE_SCHEMA_VERSION) {
    found(...(await migrationFinding(database, version)));
    return false;
  }
  found(false, `the schema has version ${version}`);
  const startedMs = performance.now();
  // A lease of the check's own: written, committed and deleted.
  const store = new SqlStore(database);
  const answer = await store.acquire("busbar store check", "busbar store check", LEASE_MS);
  const tookMs = Math.round(performance.now() - startedMs);
  if (answer.held) await store.release(answer.lease);
  found(false, `a commit took ${tookMs} ms`);
  return true;
}

async function migrationFinding(database: PostgresDatabase, version: number): Promise<[boolean, string]> {
  const needed = `the schema has version ${version}, ${STORE_SCHEMA_VERSION} is needed`;
  const [row] = await database.read(
    `SELECT CASE WHEN to_regnamespace('busbar') IS NULL THEN has_database_privilege(current_database(), 'CREATE')
       ELSE has_schema_privilege('busbar', 'CREATE') END AS may`,
    [],
  );
  return row?.["may"] === true
    ? [false, `${needed}: the next router that starts makes it`]
    : [
        true,
        `${needed}, and the role may not make it: run what \`busbar store script --from ${version}\` prints as one that may`,
      ];
}
