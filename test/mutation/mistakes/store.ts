import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What the store promises to those who keep something in it. */
export const STORE: readonly Mutation[] = [
  ...inFile("src/edge/store/statements.ts", [
    ["name > $2 AND name >= $3", "name >= $2 AND name >= $3", "a page begins behind the last one"],
    [
      "WHERE bytes_before = 0 OR bytes_before +",
      "WHERE true OR bytes_before +",
      "a page of large values has its bound",
    ],
    [
      "CASE WHEN entities.value IS NULL THEN excluded.created_at_ms ELSE entities.created_at_ms END",
      "excluded.created_at_ms",
      "a change leaves the time of making as it is",
    ],
    [
      "WHERE leases.holder = excluded.holder OR leases.ends_at_ms <= ${now}",
      "WHERE leases.holder = excluded.holder OR leases.ends_at_ms > 0",
      "a lease has one holder",
    ],
    [
      "CASE WHEN leases.holder = excluded.holder AND leases.ends_at_ms > ${now}",
      "CASE WHEN leases.holder = excluded.holder",
      "who had a lease before does not pass for its holder",
    ],
    [
      "DELETE FROM busbar.leases WHERE name = $1 AND token = $2",
      "DELETE FROM busbar.leases WHERE name = $1 AND $2 = $2",
      "a late release ends nobody else's lease",
    ],
    ["AND token = $2 AND ends_at_ms > ${now}", "AND token = $2 AND ends_at_ms > 0 AND false", "a holder can commit"],
    [
      "kind = $1 AND claimable_at_ms <= ${now}",
      "kind = $1 AND claimable_at_ms <= ${now} + 5000",
      "work is never handed out early",
    ],
    [
      "claimable_at_ms = ${now} + $4, attempts",
      "claimable_at_ms = ${now} + $4 + 3600000, attempts",
      "work that was not settled comes again",
    ],
    [
      "WHERE kind = $1 AND name = $2 AND claim = $3 RETURNING 1 AS ended`,\n    again",
      "WHERE kind = $1 AND name = $2 AND $3 = $3 RETURNING 1 AS ended`,\n    again",
      "a void claim settles nothing",
    ],
    [
      "excluded.claimable_at_ms,\n        claim = NULL, attempts = 0`",
      "excluded.claimable_at_ms,\n        attempts = 0`",
      "work that was scheduled anew is not settled by its former claimant",
    ],
  ]),
  ...inFile("src/edge/store/commit.ts", [
    [
      '  if (lease !== undefined && !(await isHeld(session, statements, lease))) return { ok: false, reason: "lease-lost" };\n',
      "",
      "a router that lost its lease changes nothing",
    ],
    ['expect === "absent" ? found === undefined', 'expect === "absent" ? true', "what is made once is not made twice"],
    [
      "for (const [index, change] of inOneOrder(changes))",
      "for (const [index, change] of changes.entries())",
      "commits of the same things do not wait for each other in a circle",
    ],
    ["  if (newest > 0) await session.rows(statements.forgotten, [newest]);\n", "", "who is behind is told"],
  ]),
  ...inFile("src/edge/store/sql-store.ts", [
    ['!(more && Number(row["revision"]) === last)', "true", "a page of changes holds whole commits"],
    ["return { keep: result.ok, result };", "return { keep: true, result };", "a commit is made whole or not at all"],
    [
      'more ? whole.at(-1)?.["revision"] : rows[0]?.["store_revision"]',
      'whole.at(-1)?.["revision"] ?? after',
      "a poll comes to an end",
    ],
  ]),
  ...inFile("src/edge/store/migrate.ts", [
    [
      "  if (oldestReader <= STORE_SCHEMA_VERSION) return;\n",
      "  if (version <= STORE_SCHEMA_VERSION) return;\n",
      "an earlier router goes on while routers are replaced",
    ],
  ]),
  ...inFile("src/edge/postgres/postgres-database.ts", [
    [
      'throw isConnectionLost(error) ? asStoreError(error, "unknown") : error;',
      "throw error;",
      "a commit whose answer was lost is not called undone",
    ],
    ["if (!isRetryable(error) || tries === TRIES_MAX)", "if (tries > 0)", "what stood in another's way is done again"],
  ]),
  ...inFile("src/edge/postgres/postgres-schema.ts", [
    [
      "      await session.rows(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);\n",
      "",
      "routers that start at once make one schema",
    ],
    ["  if (found.version >= to) return;\n", "", "a role without the right to change the schema can use it"],
  ]),
  ...inFile("src/edge/postgres/postgres-pool.ts", [
    ["    this.#index = (this.#index + 1) % this.#addresses.length;\n", "", "a fail-over is followed"],
  ]),
  ...inFile("src/edge/sealing/sealing.ts", [
    ["JSON.stringify([keyId, kind, name])", "JSON.stringify([keyId, kind])", "a secret opens in its own place only"],
    [
      "const nonce = randomBytes(NONCE_BYTES);",
      "const nonce = Buffer.alloc(NONCE_BYTES);",
      "two secrets under one key tell nothing of each other",
    ],
  ]),
  ...inFile("src/flow/secrets/secrets.ts", [
    [
      "    if (sealing.keyIdOf(secret.value) === sealing.keyId) continue;\n",
      "",
      "what the new key sealed is left alone",
    ],
    ["value, expect: revision }", "value }", "a secret that was changed meanwhile is not put back"],
  ]),
];
