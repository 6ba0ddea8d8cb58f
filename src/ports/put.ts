import type { JsonObject } from "../json/json.ts";
import type { PutTrace } from "./traces.ts";

/**
 * One event that a caller wants to put, whichever protocol it came by. Types are checked; meaning is not yet. A member that
 * is absent may be undefined: a put makes one of these for each entry, and leaving members out costs time.
 */
export interface RequestEntry {
  readonly source?: string | undefined;
  readonly detailType?: string | undefined;
  /** JSON text, as the caller sent it. */
  readonly detail?: string | undefined;
  /** Name or ARN; `default` when absent. */
  readonly eventBusName?: string | undefined;
  readonly resources?: readonly string[] | undefined;
  readonly timeMs?: number | undefined;
  /** The entry's own trace context. The request may have another. */
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  /** A CloudEvent keeps the id its producer gave it; every other event gets a new one. */
  readonly id?: string;
  /** A CloudEvent's own attributes, which ride along in the event under `cloudevent`. */
  readonly cloudevent?: JsonObject;
}

/** Why a policy does not let an entry in. */
export interface EntryRefusal {
  readonly code: "AccessDeniedException" | "NotAuthorizedForSourceException";
  readonly message: string;
}

/** Whether who puts an entry may do so; undefined when it may. */
export type AuthorizeEntry = (entry: RequestEntry) => EntryRefusal | undefined;

export type EntryResult =
  | { readonly ok: true; readonly eventId: string }
  | {
      readonly ok: false;
      readonly code: "InvalidArgument" | "MalformedDetail" | "InternalFailure" | EntryRefusal["code"];
      readonly message: string;
    };

/** What a put request comes to. `refused` and `busy` are about the request as a whole: no entry was accepted. */
export type PutResult =
  | { readonly kind: "answered"; readonly entries: readonly EntryResult[] }
  | { readonly kind: "refused"; readonly message: string }
  | {
      readonly kind: "busy";
      readonly reason: "throttled" | "unavailable";
      readonly message: string;
      readonly retryAfterSeconds: number;
    };

/** Who puts entries. */
export interface Putter {
  /** Whose share of the router they come from: a principal's id, or an address where nobody is asked. */
  readonly share: string;
  readonly authorize: AuthorizeEntry;
  /** Left out, an event carries what its entry says. */
  readonly trace?: PutTrace;
}

/** Accepts events: resolves when every accepted entry's deliveries are durable. Never rejects for what a caller sent. */
export type PutEntries = (entries: readonly RequestEntry[], putter?: Putter) => Promise<PutResult>;
