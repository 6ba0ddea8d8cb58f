import { isJsonObject, parseJson } from "../../json/json.ts";
import type { BusEvent } from "./event.ts";

/** How the text of every event begins that `composeEvent` makes. */
const COMPOSED = '{"version":"0","id":"';

/** The first fields of such an event. Their texts are JSON: a quote in them has a backslash before it. */
const BEGINNING =
  /^\{"version":"0","id":("(?:[^"\\]|\\.)*"),"detail-type":("(?:[^"\\]|\\.)*"),"source":("(?:[^"\\]|\\.)*"),/;
/** A longer beginning is read by JSON.parse: the expression would need much of the stack. */
const BEGINNING_CHARACTERS_MAX = 4_096;

/** Before an event's own time, in no text of a field before it: there the first quote would have a backslash. */
const BEFORE_TIME = ',"time":"';
const TIME_CHARACTERS = 20;
const BEFORE_RESOURCES = ',"resources":';

/** The time of an archived event, in epoch milliseconds; undefined when it has none that can be read. */
export function archivedTimeMs(body: Buffer): number | undefined {
  if (body.toString("latin1", 0, COMPOSED.length) === COMPOSED) {
    const start = body.indexOf(BEFORE_TIME) + BEFORE_TIME.length;
    return timeOf(body.toString("latin1", start, start + TIME_CHARACTERS));
  }
  const event = parseJson(body.toString());
  return isJsonObject(event) && typeof event["time"] === "string" ? timeOf(event["time"]) : undefined;
}

function timeOf(text: string): number | undefined {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** How an archived event comes to its bus again. */
export interface ReplayInto {
  /** What `replay-name` says; undefined for an event that is as it was archived. */
  readonly name: string | undefined;
  readonly bus: string;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * An archived event as its replay puts it on the bus: letter for letter as it was, with `replay-name` between `region` and
 * `resources` where it is named (EventBridge user guide, "Archiving and replaying events"). Undefined for a body that is no event.
 */
export function replayedEvent(archived: Buffer, { name, bus, nowMs }: ReplayInto): BusEvent | undefined {
  const text = archived.toString();
  const fields = fieldsOf(text);
  if (fields === undefined) return undefined;
  if (name === undefined) return { ...fields, bus, json: text, body: archived, acceptedAtMs: nowMs };
  const at = text.startsWith(COMPOSED) ? text.indexOf(BEFORE_RESOURCES) : -1;
  const member = `"replay-name":${JSON.stringify(name)}`;
  const json = at === -1 ? `{${member},${text.slice(1)}` : `${text.slice(0, at)},${member}${text.slice(at)}`;
  return { ...fields, bus, json, body: Buffer.from(json), acceptedAtMs: nowMs };
}

function fieldsOf(text: string): Pick<BusEvent, "id" | "source" | "detailType"> | undefined {
  const found = BEGINNING.exec(text.slice(0, BEGINNING_CHARACTERS_MAX));
  const [id, detailType, source] =
    found === null ? textsOf(parseJson(text)) : found.slice(1).map((json) => parseJson(json));
  if (typeof id !== "string" || typeof source !== "string") return undefined;
  return { id, source, detailType: typeof detailType === "string" ? detailType : "" };
}

function textsOf(event: ReturnType<typeof parseJson>): readonly unknown[] {
  return isJsonObject(event) ? [event["id"], event["detail-type"], event["source"]] : [];
}
