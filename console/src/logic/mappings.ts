import type { MappingListAnswer } from "../../../src/admin-api/configuration/mappings.ts";
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

/** What came of the batch that ended last, in words. */
export function resultText({ outcome, records, failed }: NonNullable<ListedMapping["lastResult"]>): string {
  if (failed === 0) return `${counted(records, "record")} done`;
  const why = outcome === "success" ? "" : `: ${reasonText(outcome)}`;
  return `${failed} of ${counted(records, "record")} failed${why}`;
}

/** The path of the page of mappings, with one of them opened. */
export function mappingPath(name: string): string {
  return `mappings?mapping=${encodeURIComponent(name)}`;
}
