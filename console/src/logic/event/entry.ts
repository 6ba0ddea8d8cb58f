import { shellQuoted } from "../text/shell.ts";

/** An entry of PutEvents, as the form holds it. */
export interface EntryText {
  readonly bus: string;
  readonly source: string;
  readonly detailType: string;
  /** The text of a JSON object. */
  readonly detail: string;
}

/** What PutEvents takes. */
export interface PutEntry {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
  readonly EventBusName?: string;
}

export function putEntry({ bus, source, detailType, detail }: EntryText): PutEntry {
  const entry = { Source: source.trim(), DetailType: detailType.trim(), Detail: detail };
  return bus.trim() === "" ? entry : { ...entry, EventBusName: bus.trim() };
}

/** What is wrong with an entry, or undefined. */
export function problemOfEntry({ source, detailType, detail }: EntryText): string | undefined {
  if (source.trim() === "") return "The source is missing.";
  if (detailType.trim() === "") return "The detail type is missing.";
  return problemOfObject(detail, "The detail");
}

/** What is wrong with the text of a JSON object, or undefined. */
export function problemOfObject(text: string, name: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? undefined
      : `${name} must be a JSON object.`;
  } catch (error) {
    return `${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The entry that would put an event again; undefined for a text that is no event. */
export function entryOfEvent(eventJson: string, bus: string): EntryText | undefined {
  try {
    const event = JSON.parse(eventJson) as Readonly<Record<string, unknown>> | null;
    const { source, detail } = event ?? {};
    const detailType = event?.["detail-type"];
    if (typeof source !== "string" || typeof detailType !== "string") return undefined;
    return { bus, source, detailType, detail: JSON.stringify(detail ?? {}, undefined, 2) };
  } catch {
    return undefined;
  }
}

/** A command line that puts the entry. `$BUSBAR_URL` is the router's public address, which the page does not know. */
export function putEventsCommand(entry: EntryText): string {
  const entries = JSON.stringify([{ ...putEntry(entry), Detail: compact(entry.detail) }]);
  return `aws events put-events --endpoint-url "$BUSBAR_URL" --entries ${shellQuoted(entries)}`;
}

function compact(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json));
  } catch {
    return json;
  }
}
