import { randomUUID } from "node:crypto";
import type { ClaimedWork } from "../../ports/store/due-work.ts";
import type { Change, ChangedEntities, Committed, Entity, EntityPage, EntityScan } from "../../ports/store/entities.ts";
import { SCAN_ENTITIES_MAX } from "../../ports/store/entities.ts";
import type { Lease, LeaseAnswer } from "../../ports/store/leases.ts";
import type { StoreOperation, Store } from "../../ports/store/store.ts";
import { commitChanges } from "./commit.ts";
import { Forgetting } from "./forgetting.ts";
import type { SqlDatabase, SqlRow } from "./sql.ts";
import type { StoreStatements } from "./statements.ts";
import { CHANGED_ROWS_MAX, storeStatements } from "./statements.ts";

/** No name sorts behind it: the bounds of names leave it out. */
export const LAST_CODE_POINT = "\u{10FFFF}";

/** What the store does, in SQL that both databases understand. Its input is within the bounds of the ports. */
export class SqlStore implements Pick<Store, StoreOperation> {
  readonly #database: SqlDatabase;
  readonly #statements: StoreStatements;
  readonly #forgetting = new Forgetting();

  constructor(database: SqlDatabase) {
    this.#database = database;
    this.#statements = storeStatements(database.dialect);
  }

  async get(kind: string, name: string): Promise<Entity | undefined> {
    const [row] = await this.#read("get", [kind, name]);
    return row && asEntity(row);
  }

  async scan({ kind, prefix = "", after = "", limit = SCAN_ENTITIES_MAX }: EntityScan): Promise<EntityPage> {
    const rows = await this.#read("scan", [kind, after, prefix, `${prefix}${LAST_CODE_POINT}`, limit + 1]);
    const entities = rows.slice(0, limit).map(asEntity);
    return { entities, more: entities.length < Number(rows[0]?.["page_rows"] ?? 0) };
  }

  async commit(changes: readonly Change[], lease?: Lease): Promise<Committed> {
    return this.#database.transaction(async (session) => {
      const result = await commitChanges(session, this.#statements, changes, lease, this.#forgetting);
      return { keep: result.ok, result };
    });
  }

  async revision(): Promise<number> {
    const [row] = await this.#read("revision", []);
    return Number(row?.["revision"]);
  }

  async changedAfter(revision: number): Promise<ChangedEntities> {
    return changesIn(await this.#read("changedAfter", [revision]), revision);
  }

  async acquire(name: string, holder: string, forMs: number): Promise<LeaseAnswer> {
    for (;;) {
      const [taken] = await this.#write("acquire", [name, holder, randomUUID(), forMs]);
      if (taken !== undefined) return { held: true, lease: { name, holder, token: String(taken["token"]) } };
      const [other] = await this.#read("holder", [name]);
      const otherForMs = Number(other?.["for_ms"] ?? 0);
      // It has ended or was released in between.
      if (otherForMs > 0) return { held: false, holder: String(other?.["holder"]), forMs: otherForMs };
    }
  }

  async release({ name, token }: Lease): Promise<void> {
    await this.#write("release", [name, token]);
  }

  async claimDue(kind: string, limit: number, claimMs: number): Promise<readonly ClaimedWork[]> {
    const rows = await this.#write("claim", [kind, limit, randomUUID(), claimMs]);
    return rows.map(asClaimedWork).sort((one, other) => one.dueAtMs - other.dueAtMs);
  }

  async nextDueInMs(kind: string): Promise<number | undefined> {
    const [row] = await this.#read("nextDue", [kind]);
    const inMs = row?.["in_ms"];
    return typeof inMs === "number" ? Math.max(0, inMs) : undefined;
  }

  #read(statement: keyof StoreStatements, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]> {
    return this.#database.read(this.#statements[statement], parameters);
  }

  #write(statement: keyof StoreStatements, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]> {
    return this.#database.write(this.#statements[statement], parameters);
  }
}

/** A full page leaves out its last revision, of which there may be more: a commit is smaller than a page. */
function changesIn(rows: readonly SqlRow[], after: number): ChangedEntities {
  if (after < Number(rows[0]?.["forgotten"])) return { kind: "behind" };
  const more = rows.length === CHANGED_ROWS_MAX;
  const last = Number(rows.at(-1)?.["revision"]);
  const whole = rows.filter((row) => row["kind"] !== null && !(more && Number(row["revision"]) === last));
  const keys = whole.map((row) => ({ kind: String(row["kind"]), name: String(row["name"]) }));
  const revision = Number(more ? whole.at(-1)?.["revision"] : rows[0]?.["store_revision"]);
  return { kind: "changes", keys, revision, more };
}

function asEntity(row: SqlRow): Entity {
  return {
    kind: String(row["kind"]),
    name: String(row["name"]),
    value: String(row["value"]),
    revision: Number(row["revision"]),
    createdAtMs: Number(row["created_at_ms"]),
    changedAtMs: Number(row["changed_at_ms"]),
  };
}

function asClaimedWork(row: SqlRow): ClaimedWork {
  return {
    kind: String(row["kind"]),
    name: String(row["name"]),
    value: String(row["value"]),
    dueAtMs: Number(row["due_at_ms"]),
    claim: String(row["claim"]),
    attempt: Number(row["attempts"]),
  };
}
