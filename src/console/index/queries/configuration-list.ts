import { inflateRawSync } from "node:zlib";
import type {
  ConfigurationAnswer,
  ConfigurationDocument,
  ConfigurationListAnswer,
  ListedConfiguration,
} from "../../../admin-api/configuration/configurations.ts";
import type { EventConfiguration } from "../../../admin-api/history/history.ts";
import { isJsonObject, parseJson } from "../../../json/json.ts";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import { nameIn } from "./reading.ts";

const CONFIGURATIONS_MAX = 100;
const IN_FORCE_MAX = 100;
/** Above what a router writes. */
const DOCUMENT_BYTES_MAX = 16 * 1024 * 1024;

/** A router says every hour what it has in force: of one that is silent for longer, a record is lost. */
const SAID_AGAIN_MS_MAX = 2 * 3_600_000;

/** The configurations that the segments know, that which came into force last first. */
export function listConfigurations(segments: readonly Segment[]): ConfigurationListAnswer {
  const known = new Map<string, ListedConfiguration>();
  for (const segment of segments) {
    const rows = segment.all(
      `SELECT digest, rules, destinations, bytes, document IS NOT NULL AS has_document, router, since, until
         FROM in_force JOIN configurations USING (digest) ORDER BY since DESC`,
    );
    for (const row of rows) {
      const listed = listedIn(segment, row);
      known.set(listed.digest, merged(known.get(listed.digest), listed));
    }
  }
  const newest = (one: ListedConfiguration): number => one.inForce[0]?.sinceMs ?? 0;
  const configurations = [...known.values()].sort((a, b) => newest(b) - newest(a)).slice(0, CONFIGURATIONS_MAX);
  return { configurations };
}

/** A configuration with its document; undefined for one that no segment knows. */
export function findConfiguration(segments: readonly Segment[], digest: string): ConfigurationAnswer | undefined {
  for (const segment of segments) {
    const row = rowOf(segment, digest);
    if (row === undefined) continue;
    const document = documentIn(row);
    return { ...factsIn(segment, row), ...(document === undefined ? {} : { document }) };
  }
  return undefined;
}

/** A document as the journal has it, deflated; undefined for one that no segment holds. */
export function findDocument(segments: readonly Segment[], digest: string): Uint8Array | undefined {
  for (const segment of segments) {
    const document = rowOf(segment, digest)?.["document"];
    if (document instanceof Uint8Array) return document;
  }
  return undefined;
}

/** The configuration that a router had in force at a time; undefined where nothing says which. */
export function configurationAt(
  segments: readonly Segment[],
  router: string,
  atMs: number,
): EventConfiguration | undefined {
  const rows = segments.flatMap((segment) => {
    const number = segment.names.find(router);
    if (number === undefined) return [];
    const row = segment.get(
      `SELECT digest, since, until FROM in_force WHERE router = ? AND since <= ? ORDER BY since DESC, until DESC LIMIT 1`,
      number,
      atMs,
    );
    if (row === undefined) return [];
    return [{ digest: nameIn(segment, row["digest"]), sinceMs: Number(row["since"]), untilMs: Number(row["until"]) }];
  });
  const [latest] = rows.toSorted((a, b) => b.sinceMs - a.sinceMs || b.untilMs - a.untilMs);
  if (latest === undefined || atMs - latest.untilMs > SAID_AGAIN_MS_MAX) return undefined;
  return { digest: latest.digest, sinceMs: latest.sinceMs };
}

function rowOf(segment: Segment, digest: string): SegmentRow | undefined {
  const number = segment.names.find(digest);
  return number === undefined ? undefined : segment.get(`SELECT * FROM configurations WHERE digest = ?`, number);
}

function listedIn(segment: Segment, row: SegmentRow): ListedConfiguration {
  const { router, since, until } = row;
  return {
    ...factsIn(segment, row),
    hasDocument: row["has_document"] === 1,
    inForce: [{ router: nameIn(segment, router), sinceMs: Number(since), untilMs: Number(until) }],
  };
}

function factsIn(segment: Segment, row: SegmentRow): Omit<ConfigurationAnswer, "document"> {
  const { digest, rules, destinations, bytes } = row;
  return {
    digest: nameIn(segment, digest),
    rules: Number(rules),
    destinations: Number(destinations),
    bytes: Number(bytes),
  };
}

/** A router may say of two segments that the same is in force. */
function merged(before: ListedConfiguration | undefined, listed: ListedConfiguration): ListedConfiguration {
  if (before === undefined) return listed;
  const byStart = new Map(before.inForce.map((one) => [`${one.sinceMs} ${one.router}`, one]));
  for (const one of listed.inForce) {
    const key = `${one.sinceMs} ${one.router}`;
    const untilMs = Math.max(one.untilMs, byStart.get(key)?.untilMs ?? -Infinity);
    byStart.set(key, { ...one, untilMs });
  }
  const inForce = [...byStart.values()].sort((a, b) => b.sinceMs - a.sinceMs).slice(0, IN_FORCE_MAX);
  return { ...before, hasDocument: before.hasDocument || listed.hasDocument, inForce };
}

/** What is no document was written by something else than a router. */
function documentIn({ document }: SegmentRow): ConfigurationDocument | undefined {
  if (!(document instanceof Uint8Array)) return undefined;
  try {
    const read = parseJson(inflateRawSync(document, { maxOutputLength: DOCUMENT_BYTES_MAX }).toString());
    return isJsonObject(read) && Object.values(read).every(isJsonObject) ? (read as ConfigurationDocument) : undefined;
  } catch {
    return undefined;
  }
}
