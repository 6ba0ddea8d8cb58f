import type { MappingListAnswer } from "../../../src/admin-api/configuration/mappings.ts";
import type { Happening } from "../../../src/admin-api/history/happenings.ts";
import { counted } from "./text/numbers.ts";
import { durationText } from "./text/times.ts";
import type { Tone } from "./text/words.ts";
import { reasonText } from "./text/words.ts";

export type ListedMapping = MappingListAnswer["mappings"][number];

/** How the state of an event source mapping is shown. */
export function mappingState({ state }: ListedMapping): { readonly tone: Tone; readonly word: string } {
  return { tone: state === "reading" ? "good" : state === "waiting" ? "warn" : "idle", word: state };
}

/** How far a mapping of a stream lags behind; undefined where the router that answers does not read it. */
export function behindText({ oldestRecordAgeMs: ms }: Pick<ListedMapping, "oldestRecordAgeMs">): string | undefined {
  if (ms === undefined) return undefined;
  return ms < 1_000 ? "not behind" : `${durationText(ms)} behind`;
}

/** A call of a mapping's function with a batch, as the journal has it. */
export type MappingCall = Happening<"batch">;

/** What came of a batch, in words. */
export function resultText({ outcome, records, failed }: Pick<MappingCall, "outcome" | "records" | "failed">): string {
  if (failed === 0) return `${counted(records, "record")} done`;
  const why = outcome === "success" ? "" : `: ${outcome === "left" ? "the call did not end" : reasonText(outcome)}`;
  return `${failed} of ${counted(records, "record")} failed${why}`;
}

/** The path of the page of mappings, with one of them opened. */
export function mappingPath(name: string): string {
  return `mappings?mapping=${encodeURIComponent(name)}`;
}

const CALL_FIELDS = ["mapping", "record"] as const;

/** Which calls are listed: a mapping's, or those with a record, by a message's id or a sequence number. */
export type CallFilter = Readonly<Partial<Record<(typeof CALL_FIELDS)[number], string>>>;

/** Reads a filter from the page's address. */
export function callFilterOf(query: Readonly<Record<string, string | undefined>>): CallFilter {
  return Object.fromEntries(
    CALL_FIELDS.flatMap((field) => {
      const text = (query[field] ?? "").trim();
      return text === "" ? [] : [[field, text] as const];
    }),
  );
}

/** The path of the page with the calls that fit a filter. */
export function callsPath(filter: CallFilter): string {
  const query = new URLSearchParams(Object.entries(callFilterOf(filter))).toString();
  return query === "" ? "mappings/calls" : `mappings/calls?${query}`;
}
