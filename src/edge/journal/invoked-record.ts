import type { InvokedFact } from "../../domain/invoke.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { RecordOf } from "../../domain/journal/records.ts";
import { failureOf } from "./facts-as-records.ts";
import type { Journal } from "./journal.ts";

/** Writes the call of a caller who waited. One that went well may be sampled away. A call that was refused is none. */
export function writeInvoked(journal: Journal, fact: InvokedFact): void {
  const { requestId, functionName, end, payload, startedAtMs, endedAtMs } = fact;
  if (typeof end === "string" && end !== "stopped") return;
  const isFailure = typeof end === "string" || !end.ok;
  if (!isFailure && !journal.keeps(requestId, "attempt")) return;
  const keepsBodies = isFailure || journal.keepsAllBodies;
  const responseJson = typeof end === "string" ? undefined : end.responseJson;
  journal.write({
    kind: "attempt",
    atMs: endedAtMs,
    deliveryId: requestId,
    eventId: undefined,
    origin: undefined,
    destination: destinationLabel({ kind: "function", name: functionName }),
    attempt: 1,
    firstAtMs: startedAtMs,
    startedAtMs,
    callMs: endedAtMs - startedAtMs,
    invoked: true,
    failure: failureIn(end),
    verdict: isFailure ? "failed" : "done",
    nextAtMs: undefined,
    letters: [],
    records: [],
    statusCode: isFailure ? undefined : end.statusCode,
    answer: keepsBodies && responseJson !== undefined ? journal.kept(Buffer.from(responseJson), isFailure) : undefined,
    body: keepsBodies ? journal.kept(payload, isFailure) : undefined,
    test: undefined,
    synchronous: true,
    version: typeof end === "string" ? undefined : end.executedVersion,
  });
}

function failureIn(end: InvokedFact["end"]): RecordOf<"attempt">["failure"] {
  if (typeof end !== "string") return end.ok ? undefined : failureOf(end);
  return { reason: "unknown", message: "a router ended while it had the call in hand", statusCode: undefined };
}
