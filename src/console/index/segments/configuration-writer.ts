import type { RecordOf } from "../../../domain/journal/records.ts";
import type { Segment } from "./segment.ts";

/** How many documents a segment holds, and how often a configuration came into force: rules may be changed all the time. */
const DOCUMENTS_MAX = 200;
const IN_FORCE_MAX = 10_000;

/** Writes a configuration that a router has in force: once by its digest, and when it was in force on which router. */
export function writeConfiguration(segment: Segment, record: RecordOf<"configuration">, router: number): void {
  const { atMs, sinceMs, rules, destinations, bytes } = record;
  if (!Number.isFinite(sinceMs) || countOf(segment, "in_force") >= IN_FORCE_MAX) return;
  const digest = segment.names.number(record.digest);
  segment
    .statement(
      `INSERT INTO in_force (router, since, digest, until) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET until = max(until, excluded.until)`,
    )
    .run(router, sinceMs, digest, atMs);
  const document =
    countOf(segment, "configurations WHERE document IS NOT NULL") < DOCUMENTS_MAX ? record.document : null;
  segment
    .statement(
      `INSERT INTO configurations VALUES (?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET document = coalesce(document, excluded.document)`,
    )
    .run(digest, rules, destinations, bytes, document ?? null);
}

/** What is in force stays so in the next segment, where the routers say it again within an hour. */
export function carryConfigurations(from: Segment, to: Segment): void {
  const latest = from.all(
    `SELECT router, max(since) AS since, digest, until, rules, destinations, bytes, document
       FROM in_force JOIN configurations USING (digest) GROUP BY router`,
  );
  for (const row of latest) {
    const digest = to.names.number(from.names.text(Number(row["digest"])));
    const router = to.names.number(from.names.text(Number(row["router"])));
    to.statement(`INSERT INTO in_force (router, since, digest, until) VALUES (?, ?, ?, ?)`).run(
      router,
      row["since"] ?? null,
      digest,
      row["until"] ?? null,
    );
    to.statement(`INSERT OR IGNORE INTO configurations VALUES (?, ?, ?, ?, ?)`).run(
      digest,
      row["rules"] ?? null,
      row["destinations"] ?? null,
      row["bytes"] ?? null,
      row["document"] ?? null,
    );
  }
}

function countOf(segment: Segment, rows: "in_force" | "configurations WHERE document IS NOT NULL"): number {
  return Number(segment.get(`SELECT count(*) AS count FROM ${rows}`)?.["count"]);
}
