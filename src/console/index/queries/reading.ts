import type { SQLOutputValue } from "node:sqlite";
import type { RuleTarget } from "../../../domain/delivery/delivery.ts";
import type { AttemptWay, LetterWay, RecordParent } from "../../../admin-api/history/history.ts";
import { ASIDE, LETTER_CAUSES } from "../segments/codes.ts";
import type { Segment, SegmentRow } from "../segments/segment.ts";
import { storedId, idText } from "../segments/stored-id.ts";

/** The text of a column that has a name's number. */
export function nameIn(segment: Segment, value: SQLOutputValue | undefined): string {
  return segment.names.text(Number(value));
}

export function originIn(segment: Segment, value: SQLOutputValue | undefined): RuleTarget | undefined {
  if (typeof value !== "number") return undefined;
  const [bus = "", rule = "", target = ""] = JSON.parse(segment.names.text(value)) as string[];
  return { bus, rule, target };
}

export function textIn(value: SQLOutputValue | undefined): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : undefined;
}

/** The columns of `attempts`, and `answer` where it was asked for. */
export function attemptIn(segment: Segment, row: SegmentRow): AttemptWay {
  const atMs = Number(row["at"]);
  const answer = textIn(row["answer"]);
  return {
    atMs,
    router: nameIn(segment, row["router"]),
    attempt: Number(row["number"]),
    firstAtMs: atMs - Number(row["first_before"]),
    startedAtMs: atMs - Number(row["started_before"]),
    callMs: Number(row["call_us"]) / 1_000,
    invoked: row["is_uncalled"] === null,
    verdict: nameIn(segment, row["verdict"]),
    ...(row["next_after"] === null ? {} : { nextAtMs: atMs + Number(row["next_after"]) }),
    ...(row["status"] === null ? {} : { statusCode: Number(row["status"]) }),
    ...(row["reason"] === null
      ? {}
      : { failure: { reason: nameIn(segment, row["reason"]), message: messageIn(segment, row["message"]) } }),
    ...(answer === undefined ? {} : { answer }),
    ...(row["aside"] === ASIDE.test ? { test: true } : {}),
    ...(row["aside"] === ASIDE.synchronous ? { synchronous: true } : {}),
    ...(row["version"] === null ? {} : { version: nameIn(segment, row["version"]) }),
  };
}

/** A message that came again is kept as a name. */
function messageIn(segment: Segment, value: SQLOutputValue | undefined): string {
  return typeof value === "number" ? segment.names.text(value) : String(value);
}

const CAUSES = new Map<number, string>(Object.entries(LETTER_CAUSES).map(([cause, code]) => [code, cause]));

/** The columns of `letters`. */
export function letterIn(segment: Segment, row: SegmentRow): LetterWay {
  return {
    atMs: Number(row["at"]),
    router: nameIn(segment, row["router"]),
    queue: nameIn(segment, row["queue"]),
    reason: nameIn(segment, row["reason"]),
    cause: CAUSES.get(Number(row["cause"])) as LetterWay["cause"],
  };
}

/** The delivery whose record an event or a delivery is. */
export function parentOf(segments: readonly Segment[], id: string): RecordParent | undefined {
  for (const segment of segments) {
    const row = segment.get(
      `SELECT records.at, records.condition, deliveries.id FROM records JOIN deliveries ON deliveries.seq = delivery
       WHERE substr(records.id, -6) = substr(?1, -6) AND records.id = ?1`,
      storedId(id),
    );
    if (row === undefined) continue;
    return {
      deliveryId: idText(row["id"]),
      condition: nameIn(segment, row["condition"]),
      atMs: Number(row["at"]),
    };
  }
  return undefined;
}
