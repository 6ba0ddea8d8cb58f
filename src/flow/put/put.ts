import type { Identity } from "../../domain/arn.ts";
import type { BrokerState } from "../../ports/broker/broker.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { PublishFailure } from "../../ports/broker/publisher.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { Config } from "../../domain/config.ts";
import type { IsHeld } from "../../domain/rule/rule.ts";
import type { EntryResult, PutEntries, PutResult, Putter, RequestEntry } from "../../ports/put.ts";
import { traceOf } from "../../domain/event/trace.ts";
import type { EntryFacts, PutFacts } from "../../domain/facts.ts";
import type { PutObserver } from "../../ports/observer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import { acceptEntry, entrySizeBytes } from "./accept.ts";
import type { Admission } from "./admission.ts";
import type { FairShare } from "./fair-share.ts";
import { route } from "../route/route.ts";
import type { Planned } from "../route/plan.ts";
import { store } from "../store/store.ts";

/** Room for one message's headers and bookkeeping, counted beside its body. */
const MESSAGE_OVERHEAD_BYTES = 512;

/** The size limit of a request, as EventBridge counts it (since January 2026; 256 KB before). */
const REQUEST_BYTES_MAX = 1_048_576;

/**
 * The size limit of a request's events as they are stored: twice the one above, so that there is room for their
 * envelopes. Only odd requests exceed it: JSON writes a control character as six, and EventBridge does not count empty
 * resources.
 */
const EVENTS_BYTES_MAX = 2 * REQUEST_BYTES_MAX;

export interface PutDeps {
  readonly broker: Publisher & { readonly state: BrokerState };
  readonly config: () => Config;
  readonly identity: Identity;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
  readonly inFlight: InFlightBytes;
  readonly admission: Admission;
  readonly share: FairShare;
  readonly observer: PutObserver;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/** An entry while it is being put. */
interface Draft {
  readonly result: EntryResult;
  /** Of the event that it became, 0 for one that is refused. */
  readonly eventBytes: number;
  readonly planned: readonly Planned[];
  readonly facts: EntryFacts;
}

/**
 * The first journey: accept → match → publish. It answers only when the broker holds every delivery of every
 * accepted entry; an entry of which one message is not confirmed is refused whole.
 */
export function createPut(deps: PutDeps): PutEntries {
  const { observer, nowMs, admission, share } = deps;
  return async (entries, putter = ANYBODY) => {
    const startedAtMs = nowMs();
    const answered = admission.enter(entries.length, putter.share);
    if (answered === undefined) {
      observer.put({ outcome: "throttled", seconds: 0, entries: [], ...spansOf(putter) });
      return busy("throttled", "too many entries are in flight");
    }
    try {
      await share.begin(entries.length, putter.share);
      const { result, ...facts } = await put(entries, putter, deps);
      const seconds = (nowMs() - startedAtMs) / 1_000;
      observer.put({ outcome: outcomeOf(result), seconds, by: putter.share, ...facts, ...spansOf(putter) });
      return result;
    } finally {
      answered();
    }
  };
}

/** What became of a put, and what its observers are to know of that. */
type Done = { readonly result: PutResult } & Pick<PutFacts, "entries" | "storing">;

const TOO_LARGE: Done = {
  result: { kind: "refused", message: "Total size of the entries in the request is over the limit." },
  entries: [],
};

/** For routers without access control. */
const ANYBODY: Putter = { share: "anybody", authorize: () => undefined };

function spansOf({ trace }: Putter): Pick<PutFacts, "spans"> {
  return trace?.spans === undefined ? {} : { spans: trace.spans };
}

async function put(entries: readonly RequestEntry[], putter: Putter, deps: PutDeps): Promise<Done> {
  const sizeBytes = entries.reduce((sum, entry) => sum + entrySizeBytes(entry), 0);
  if (sizeBytes > REQUEST_BYTES_MAX) return TOO_LARGE;
  if (deps.broker.state !== "connected")
    return { result: busy("unavailable", `the broker is ${deps.broker.state}`), entries: [] };
  const drafts = await Promise.all(entries.map((_, index) => draft(entries, index, putter, deps)));
  const eventBytes = drafts.reduce((sum, one) => sum + one.eventBytes, 0);
  if (eventBytes > EVENTS_BYTES_MAX) return TOO_LARGE;
  const planned = drafts.flatMap((one) => one.planned);
  const bytes = planned.reduce((sum, one) => sum + one.message.body.length + MESSAGE_OVERHEAD_BYTES, 0);
  const room = deps.inFlight.putsOf(putter.share);
  if (!room.tryTake(bytes)) return { result: busy("throttled", "too many bytes are in flight"), entries: [] };
  const startedAtMs = deps.nowMs();
  try {
    const failures = await publishAll(
      planned.map((one) => one.message),
      deps.broker,
    );
    const settled = refuseUnconfirmed(drafts, failures);
    return {
      result: { kind: "answered", entries: settled.map((one) => one.result) },
      entries: settled.map((one) => one.facts),
      storing: { startedAtMs, endedAtMs: deps.nowMs() },
    };
  } finally {
    room.release(bytes);
  }
}

async function draft(
  entries: readonly RequestEntry[],
  index: number,
  { authorize, trace }: Putter,
  deps: PutDeps,
): Promise<Draft> {
  const config = deps.config();
  const entry = entries[index] ?? {};
  const refusal = authorize(entry);
  if (refusal !== undefined) return refused(entry.eventBusName ?? "default", config, { ok: false, ...refusal });
  const carried = trace === undefined ? traceOf(entry) : trace.contextOf(entry, index, entries.length);
  const stamp = { id: deps.newId(), nowMs: deps.nowMs(), identity: deps.identity, trace: carried };
  const accepted = acceptEntry(entry, stamp, config.rulesByBus);
  if (!accepted.ok) return refused(entry.eventBusName ?? "default", config, accepted);
  const { event } = accepted;
  const { identity, pause, isHeld } = deps;
  const context = { config, identity, newId: () => deps.newId(), pause, isHeld };
  const routed = await route(event, context, { fitting: accepted.rules });
  if (!routed.ok) {
    return refused(event.bus, config, { ok: false, code: "InternalFailure", message: routed.message });
  }
  const { planned, deadLetters, fact } = routed;
  const facts: EntryFacts = { ...fact, outcome: "accepted", deadLetters };
  return { result: { ok: true, eventId: event.id }, eventBytes: event.body.length, planned, facts };
}

function refused(bus: string, config: Config, result: Extract<EntryResult, { ok: false }>): Draft {
  const facts: EntryFacts = {
    bus: config.eventBuses.has(bus) ? bus : "unknown",
    outcome: result.code,
    message: result.message,
    matched: [],
    published: [],
    deadLetters: [],
  };
  return { result, eventBytes: 0, planned: [], facts };
}

async function publishAll(messages: readonly Message[], broker: PutDeps["broker"]): Promise<readonly PublishFailure[]> {
  try {
    await store(messages, broker);
    return [];
  } catch (error) {
    if (error instanceof PublishError) return error.failures;
    throw error;
  }
}

/** Failures are indexes of messages. An entry is refused when one of its messages failed. */
function refuseUnconfirmed(drafts: readonly Draft[], failures: readonly PublishFailure[]): readonly Draft[] {
  if (failures.length === 0) return drafts;
  const reasons = new Map(failures.map((failure) => [failure.index, failure.reason]));
  let index = 0;
  return drafts.map((one) => {
    const indexes = one.planned.map(() => index++);
    const reason = indexes.map((each) => reasons.get(each)).find((each) => each !== undefined);
    if (reason === undefined) return one;
    const archived = one.planned.flatMap((each, at) => {
      const failure = reasons.get(indexes[at] ?? -1);
      return each.archived === undefined ? [] : [{ ...each.archived, ...(failure === undefined ? {} : { failure }) }];
    });
    const message = `The event could not be stored: ${reason}.`;
    return {
      result: { ok: false, code: "InternalFailure", message },
      eventBytes: one.eventBytes,
      planned: one.planned,
      facts: { ...one.facts, outcome: "InternalFailure", message, published: [], archived, deadLetters: [] },
    };
  });
}

function busy(reason: "throttled" | "unavailable", message: string): PutResult {
  return { kind: "busy", reason, message, retryAfterSeconds: 1 };
}

function outcomeOf(result: PutResult): "accepted" | "partial" | "refused" | "throttled" | "unavailable" {
  if (result.kind === "busy") return result.reason;
  if (result.kind === "refused") return "refused";
  const accepted = result.entries.filter((entry) => entry.ok).length;
  if (accepted === result.entries.length) return "accepted";
  if (accepted > 0) return "partial";
  return result.entries.every((entry) => !entry.ok && entry.code === "InternalFailure") ? "unavailable" : "refused";
}
