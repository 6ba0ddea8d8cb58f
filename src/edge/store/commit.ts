import type { Change, Committed, Conflict, Expectation } from "../../ports/store/entities.ts";
import { DELETION_KEPT_MS } from "../../ports/store/entities.ts";
import type { Lease } from "../../ports/store/leases.ts";
import type { Forgetting } from "./forgetting.ts";
import type { SqlSession } from "./sql.ts";
import type { StoreStatements } from "./statements.ts";

/**
 * Makes all changes in the transaction of the session; what is not `ok` is to be rolled back. The counter is locked first.
 *
 * @param forgetting whether it is time to forget what is old.
 */
export async function commitChanges(
  session: SqlSession,
  statements: StoreStatements,
  changes: readonly Change[],
  lease: Lease | undefined,
  forgetting: Forgetting,
): Promise<Committed> {
  const changesEntities = changes.some(({ change }) => change === "put" || change === "delete");
  const revision = changesEntities ? await nextRevision(session, statements) : undefined;
  if (lease !== undefined && !(await isHeld(session, statements, lease))) return { ok: false, reason: "lease-lost" };
  const conflicts: Conflict[] = [];
  for (const [index, change] of inOneOrder(changes)) {
    const conflict = await make(session, statements, change, revision ?? 0);
    if (conflict !== undefined) conflicts.push({ index, ...conflict });
  }
  if (conflicts.length > 0)
    return { ok: false, reason: "conflict", conflicts: conflicts.sort((one, other) => one.index - other.index) };
  if (changesEntities && forgetting.isDue()) forgetting.done(await forgetWhatIsOld(session, statements));
  return { ok: true, revision };
}

/** Two commits that touch the same rows do so in the same order, so that neither waits for the other with a row in hand. */
function inOneOrder(changes: readonly Change[]): readonly (readonly [number, Change])[] {
  const keyed = changes.map((change, index) => [`${change.kind}\0${change.name}`, index, change] as const);
  const sorted = keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
  return sorted.map(([, index, change]) => [index, change]);
}

async function nextRevision(session: SqlSession, { nextRevision }: StoreStatements): Promise<number> {
  const [row] = await session.rows(nextRevision);
  return Number(row?.["revision"]);
}

async function isHeld(session: SqlSession, { isHeld }: StoreStatements, { name, token }: Lease): Promise<boolean> {
  return (await session.rows(isHeld, [name, token])).length > 0;
}

/** Resolves with what was found where that is a conflict. */
async function make(
  session: SqlSession,
  statements: StoreStatements,
  change: Change,
  revision: number,
): Promise<Omit<Conflict, "index"> | undefined> {
  const { kind, name } = change;
  switch (change.change) {
    case "put":
    case "delete":
    case "require": {
      const conflict = await checkExpectation(session, statements, change);
      if (conflict !== undefined) return conflict;
      if (change.change === "put") await session.rows(statements.put, [kind, name, change.value, revision]);
      if (change.change === "delete") await session.rows(statements.remove, [kind, name, revision]);
      return undefined;
    }
    case "schedule":
      await session.rows(statements.schedule, [kind, name, change.value, change.dueAtMs]);
      return undefined;
    case "unschedule":
      await session.rows(statements.unschedule, [kind, name]);
      return undefined;
    case "settle": {
      const { claim, next } = change;
      const ended =
        next === undefined
          ? await session.rows(statements.end, [kind, name, claim])
          : await session.rows(statements.again, [kind, name, claim, next.dueAtMs, next.value]);
      return ended.length > 0 ? undefined : { found: undefined };
    }
  }
}

async function checkExpectation(
  session: SqlSession,
  statements: StoreStatements,
  { kind, name, expect }: { readonly kind: string; readonly name: string; readonly expect?: Expectation },
): Promise<Omit<Conflict, "index"> | undefined> {
  if (expect === undefined) return undefined;
  const [row] = await session.rows(statements.found, [kind, name]);
  const found = row === undefined ? undefined : Number(row["revision"]);
  const isMet =
    expect === "absent" ? found === undefined : expect === "present" ? found !== undefined : found === expect;
  return isMet ? undefined : { found };
}

/**
 * Forgets what was deleted long ago, a few at a time, and remembers up to which revision: older changes are incomplete.
 *
 * @returns how many entities it forgot.
 */
async function forgetWhatIsOld(session: SqlSession, statements: StoreStatements): Promise<number> {
  const old = await session.rows(statements.oldDeletions, [DELETION_KEPT_MS]);
  for (const row of old) await session.rows(statements.forget, [String(row["kind"]), String(row["name"])]);
  const newest = old.reduce((revision, row) => Math.max(revision, Number(row["revision"])), 0);
  if (newest > 0) await session.rows(statements.forgotten, [newest]);
  await session.rows(statements.forgetLeases, [DELETION_KEPT_MS]);
  return old.length;
}
