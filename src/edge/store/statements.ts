import { COMMIT_CHANGES_MAX, SCAN_BYTES_MAX } from "../../ports/store/entities.ts";
import type { SqlDialect } from "./sql.ts";

/** How many rows a page of changed keys has at most, before the last revision is left out for not being whole. */
export const CHANGED_ROWS_MAX = 1_000 + COMMIT_CHANGES_MAX;

export type StoreStatements = ReturnType<typeof storeStatements>;

/** Every statement of the store. An entity that was deleted keeps its row for a while, without a value. */
export function storeStatements({ now, forShare, forUpdateSkipLocked }: SqlDialect) {
  const entity = "kind, name, value, revision, created_at_ms, changed_at_ms";
  return {
    get: `SELECT ${entity} FROM busbar.entities WHERE kind = $1 AND name = $2 AND value IS NOT NULL`,
    // Takes one row more than asked for, to know whether there are more; and as few as fit into a page's bytes.
    scan: `
      SELECT ${entity}, page_rows FROM (
        SELECT page.*, count(*) OVER () AS page_rows,
          sum(octet_length(value)) OVER (ORDER BY name) - octet_length(value) AS bytes_before
        FROM (
          SELECT ${entity} FROM busbar.entities
          WHERE kind = $1 AND name > $2 AND name >= $3 AND name < $4 AND value IS NOT NULL
          ORDER BY name LIMIT $5
        ) AS page
      ) AS sized
      WHERE bytes_before = 0 OR bytes_before + octet_length(value) <= ${SCAN_BYTES_MAX}
      ORDER BY name`,
    revision: `SELECT revision FROM busbar.counter`,
    // Its row is locked from here to the end, so commits that change entities come one after the other.
    nextRevision: `UPDATE busbar.counter SET revision = revision + 1 RETURNING revision`,
    // One statement, and so one moment: a commit in between would be in the one and not in the other.
    changedAfter: `
      SELECT counter.revision AS store_revision, forgotten, changed.*
      FROM busbar.counter LEFT JOIN (
        SELECT kind, name, revision FROM busbar.entities WHERE revision > $1
        ORDER BY revision, kind, name LIMIT ${CHANGED_ROWS_MAX}
      ) AS changed ON true ORDER BY changed.revision, kind, name`,
    found: `
      SELECT revision FROM busbar.entities WHERE kind = $1 AND name = $2 AND value IS NOT NULL ${forShare}`,
    put: `
      INSERT INTO busbar.entities (${entity}) VALUES ($1, $2, $3, $4, ${now}, ${now})
      ON CONFLICT (kind, name) DO UPDATE SET
        value = excluded.value, revision = excluded.revision, changed_at_ms = excluded.changed_at_ms,
        created_at_ms = CASE WHEN entities.value IS NULL THEN excluded.created_at_ms ELSE entities.created_at_ms END`,
    remove: `
      UPDATE busbar.entities SET value = NULL, revision = $3, changed_at_ms = ${now}
      WHERE kind = $1 AND name = $2 AND value IS NOT NULL`,
    oldDeletions: `
      SELECT kind, name, revision FROM busbar.entities
      WHERE value IS NULL AND changed_at_ms < ${now} - $1 ORDER BY changed_at_ms LIMIT ${COMMIT_CHANGES_MAX}`,
    forget: `DELETE FROM busbar.entities WHERE kind = $1 AND name = $2 AND value IS NULL`,
    forgotten: `UPDATE busbar.counter SET forgotten = $1 WHERE forgotten < $1`,

    acquire: `
      INSERT INTO busbar.leases (name, holder, token, ends_at_ms) VALUES ($1, $2, $3, ${now} + $4)
      ON CONFLICT (name) DO UPDATE SET
        token = CASE WHEN leases.holder = excluded.holder AND leases.ends_at_ms > ${now}
                     THEN leases.token ELSE excluded.token END,
        holder = excluded.holder, ends_at_ms = excluded.ends_at_ms
      WHERE leases.holder = excluded.holder OR leases.ends_at_ms <= ${now}
      RETURNING token`,
    holder: `SELECT holder, ends_at_ms - ${now} AS for_ms FROM busbar.leases WHERE name = $1`,
    forgetLeases: `DELETE FROM busbar.leases WHERE ends_at_ms < ${now} - $1`,
    release: `DELETE FROM busbar.leases WHERE name = $1 AND token = $2`,
    isHeld: `
      SELECT 1 AS held FROM busbar.leases WHERE name = $1 AND token = $2 AND ends_at_ms > ${now} ${forShare}`,

    schedule: `
      INSERT INTO busbar.due_work (kind, name, value, due_at_ms, claimable_at_ms, claim, attempts)
      VALUES ($1, $2, $3, $4, $4, NULL, 0)
      ON CONFLICT (kind, name) DO UPDATE SET
        value = excluded.value, due_at_ms = excluded.due_at_ms, claimable_at_ms = excluded.claimable_at_ms,
        claim = NULL, attempts = 0`,
    unschedule: `DELETE FROM busbar.due_work WHERE kind = $1 AND name = $2`,
    end: `DELETE FROM busbar.due_work WHERE kind = $1 AND name = $2 AND claim = $3 RETURNING 1 AS ended`,
    again: `
      UPDATE busbar.due_work SET due_at_ms = $4, claimable_at_ms = $4, value = $5, claim = NULL, attempts = 0
      WHERE kind = $1 AND name = $2 AND claim = $3 RETURNING 1 AS ended`,
    // The rows are chosen once, in a table of their own: as a mere subquery PostgreSQL may choose them anew for each row.
    claim: `
      WITH picked AS MATERIALIZED (
        SELECT kind, name FROM busbar.due_work WHERE kind = $1 AND claimable_at_ms <= ${now}
        ORDER BY claimable_at_ms, name LIMIT $2 ${forUpdateSkipLocked}
      )
      UPDATE busbar.due_work SET claim = $3, claimable_at_ms = ${now} + $4, attempts = attempts + 1
      WHERE (kind, name) IN (SELECT kind, name FROM picked)
      RETURNING kind, name, value, due_at_ms, claim, attempts`,
    nextDue: `SELECT min(claimable_at_ms) - ${now} AS in_ms FROM busbar.due_work WHERE kind = $1`,
  };
}
