import type { JournalStart } from "../../ports/journal.ts";
import type {
  AttemptListed,
  BoundedCount,
  Coverage,
  DeliveryAnswer,
  EventListed,
  EventWay,
  LetterGroups,
  LetterListed,
  ListPage,
  Summary,
} from "../../admin-api/history/history.ts";
import type { ConfigurationAnswer, ConfigurationListAnswer } from "../../admin-api/configuration/configurations.ts";
import type { Happening, HappeningKind } from "../../admin-api/history/happenings.ts";
import type { AttemptFilter, EventFilter, HappeningFilter, LetterFilter } from "../../admin-api/history/filters.ts";
import type { EventBodyListed, Flows } from "../../admin-api/history/flows.ts";
import type { EventBodyFilter, SummaryRange } from "../../admin-api/history/filters.ts";
import type { IndexBounds } from "./segments/segments.ts";

/** A frame on its way to the worker thread: a `Buffer` arrives there as the bytes that it is. */
export interface IndexedFrame {
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** What the worker thread does for the main thread. Every call is one message there and one back, in order. */
export interface IndexOperations {
  add(frames: readonly IndexedFrame[]): void;
  lost(atMs: number): void;
  start(): JournalStart;
  eventById(id: string): EventWay | undefined;
  deliveryById(id: string): DeliveryAnswer | undefined;
  events(filter: EventFilter): ListPage<EventListed>;
  countEvents(filter: EventFilter): BoundedCount;
  eventBodies(filter: EventBodyFilter): ListPage<EventBodyListed>;
  attempts(filter: AttemptFilter): ListPage<AttemptListed>;
  letters(filter: LetterFilter): ListPage<LetterListed>;
  letterGroups(filter: LetterFilter): LetterGroups;
  happenings(kind: HappeningKind, filter: HappeningFilter): ListPage<Happening<HappeningKind>>;
  summary(range: SummaryRange): Summary;
  flows(atMs: number): Flows;
  coverage(): Coverage;
  configurations(): ConfigurationListAnswer;
  configuration(digest: string): ConfigurationAnswer | undefined;
  document(digest: string): Uint8Array | undefined;
}

/** What the worker thread is started with. */
export interface IndexSettings {
  readonly folder: string;
  readonly bounds: IndexBounds;
}

export interface IndexCall {
  readonly call: number;
  readonly operation: keyof IndexOperations;
  readonly parameters: readonly unknown[];
}

export type ToIndex = IndexCall | "close";

export type FromIndex =
  | { readonly kind: "opened" }
  | { readonly kind: "reply"; readonly call: number; readonly value: unknown }
  | {
      readonly kind: "failure";
      readonly call: number;
      readonly reason: "refused" | "damaged" | "failed";
      readonly error: Error;
    };
