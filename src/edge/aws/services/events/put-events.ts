import type { Identity } from "../../../../domain/arn.ts";
import { isTraceparent, traceparentOfXRay } from "../../../../domain/event/trace.ts";
import type { Config } from "../../../../domain/config.ts";
import type { Limit } from "../../../../domain/limits.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { EntryResult, PutEntries, RequestEntry } from "../../../../ports/put.ts";
import type { Traces } from "../../../../ports/traces.ts";
import { beginPutTrace } from "../../../http/put-trace.ts";
import { commonError } from "../../errors.ts";
import type { StructureOf } from "../../input/shapes.ts";
import { epochMsOf, ignored, list, required, string, structure, timestamp } from "../../input/shapes.ts";
import type { Operation } from "../../service.ts";
import { operation } from "../../service.ts";
import { BUS_NAME_OR_ARN } from "./names.ts";

/** In the model's order, in which AWS prints an entry. A bound on the bus keeps it short enough for a dead letter's header. */
const ENTRY = {
  Time: timestamp,
  Source: string(),
  Resources: list(string()),
  DetailType: string(),
  Detail: string(),
  EventBusName: BUS_NAME_OR_ARN,
  TraceHeader: string(),
  KmsKeyIdentifier: ignored,
  InternalMetadata: ignored,
};
type PutEventsRequestEntry = StructureOf<typeof ENTRY>;

/** The puts that the operation makes, and the bound on their entries. */
export interface Putting {
  readonly putEntries: PutEntries;
  readonly entries: Limit;
  readonly identity: Identity;
  readonly config: () => Config;
  readonly traces: Traces;
}

/** PutEvents. An entry's error is its result; an error of the request refuses it whole. Each entry is authorized. */
export function putEvents({ putEntries, entries, identity, config, traces }: Putting): Operation {
  const lengths = { lengthMin: 1, lengthMax: entries.max, onTooLong: entries.exceeded };
  return operation({
    input: structure("PutEventsRequest", {
      Entries: required(list(structure("PutEventsRequestEntry", ENTRY), lengths)),
    }),
    admit: (caller) => void caller.authorizePut(identity, config().eventBuses),
    handle: async ({ Entries }, { arrival, caller }) => {
      const trace = beginPutTrace(traces, arrival, caller, { operation: "PutEvents", route: "/" });
      const putter = { share: caller.share, authorize: caller.authorizePut(identity, config().eventBuses), trace };
      const result = await putEntries(Entries.map(requestEntry), putter);
      switch (result.kind) {
        case "answered":
          return output(result.entries);
        case "refused":
          throw commonError("ValidationException", result.message);
        case "busy": {
          const code = result.reason === "throttled" ? "ThrottlingException" : "ServiceUnavailable";
          throw commonError(code, result.message, { retryAfterSeconds: result.retryAfterSeconds });
        }
      }
    },
  });
}

function requestEntry(entry: PutEventsRequestEntry): RequestEntry {
  return {
    source: entry.Source ?? undefined,
    detailType: entry.DetailType ?? undefined,
    detail: entry.Detail ?? undefined,
    eventBusName: entry.EventBusName ?? undefined,
    resources: entry.Resources ?? undefined,
    timeMs: epochMsOf(entry.Time ?? null),
    traceparent: traceparentOfHeader(entry.TraceHeader),
  };
}

function traceparentOfHeader(traceHeader: string | null | undefined): string | undefined {
  if (traceHeader === undefined || traceHeader === null) return undefined;
  return isTraceparent(traceHeader) ? traceHeader : traceparentOfXRay(traceHeader);
}

function output(results: readonly EntryResult[]): JsonObject {
  const failed = results.filter((result) => !result.ok);
  if (failed.length === results.length && failed.every((result) => result.code === "InternalFailure")) {
    throw commonError("ServiceUnavailable", failed[0]?.message ?? "No entry was stored.", { retryAfterSeconds: 1 });
  }
  return {
    FailedEntryCount: failed.length,
    Entries: results.map((result) =>
      result.ok ? { EventId: result.eventId } : { ErrorCode: result.code, ErrorMessage: result.message },
    ),
  };
}
