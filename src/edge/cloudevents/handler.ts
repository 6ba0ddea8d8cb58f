import type { Request, Response } from "express";
import { isUtf8 } from "node:buffer";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { EntryRefusal, EntryResult, PutEntries, PutResult, RequestEntry } from "../../ports/put.ts";
import type { Json } from "../../json/json.ts";
import type { Limit } from "../../domain/limits.ts";
import { isJsonBelow } from "../../json/is-json.ts";
import { answerJson } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import type { BodyRefusal } from "../http/body.ts";
import { readBody } from "../http/body.ts";
import { parseContentType } from "../http/headers.ts";
import { HttpProblem } from "../http/errors.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import { beginPutTrace } from "../http/put-trace.ts";
import type { Traces } from "../../ports/traces.ts";
import { isBinaryMode, readBinary } from "./binary.ts";
import type { Checked, CloudEvent } from "./cloud-event.ts";
import { kindOf, partsOf } from "./json-parts.ts";
import type { Origin } from "./request-entry.ts";
import { requestEntry } from "./request-entry.ts";
import { readStructured } from "./structured.ts";

/** How many CloudEvents one batch may hold. */
export const BATCH_EVENTS_MAX = 100;

const STRUCTURED = "application/cloudevents+json";
const BATCH = "application/cloudevents-batch+json";

type Mode = "structured" | "batch" | "binary";

/** The codes of an entry that its caller may not put. */
const FORBIDDEN: ReadonlySet<string> = new Set<EntryRefusal["code"]>([
  "AccessDeniedException",
  "NotAuthorizedForSourceException",
]);

export interface CloudEventsOptions {
  readonly putEntries: PutEntries;
  readonly rooms: BodyRooms;
  readonly entries: Limit;
  readonly authenticator: Authenticator;
  readonly identity: Identity;
  readonly config: () => Config;
  readonly traces: Traces;
}

/** Accepts CloudEvents over HTTP in all three modes of the binding. The bus is the route's `:bus`, else `default`. */
export function cloudEventsHandler(options: CloudEventsOptions) {
  const { putEntries, rooms, entries, authenticator, identity, config, traces } = options;
  return async (request: Request, response: Response): Promise<void> => {
    const startedAtMs = Date.now();
    const caller = await authenticator.authenticateToken(request, "events:PutEvents");
    // Before the body is read, so that a caller without a policy for puts cannot send one.
    const authorize = caller.authorizePut(identity, config().eventBuses);
    const mode = modeOf(request);
    const body = await readBody(request, response, { limit: rooms.limit, budget: rooms.of(caller.share) });
    if (!body.ok) {
      if (body.reason !== "aborted") refuse(body.reason, rooms);
      return;
    }
    const origin = originOf(request);
    const route = origin.eventBusName === undefined ? "/events" : "/event-buses/:bus/events";
    const named = { operation: "CloudEvents", route } as const;
    const trace = beginPutTrace(traces, { request, response, startedAtMs }, caller, named);
    const authorized: PutEntries = (requested) => putEntries(requested, { share: caller.share, authorize, trace });
    if (mode === "batch") {
      answerJson(response, 200, await putBatch(authorized, checkedJson(body.body), origin, entries));
      return;
    }
    const event = mode === "binary" ? readBinary(request.headers, body.body) : readStructured(checkedJson(body.body));
    answerJson(response, 202, { eventId: await putOne(authorized, event, origin) });
  };
}

function modeOf(request: Request): Mode {
  const { mediaType, utf8 } = parseContentType(request.headers["content-type"]);
  if (mediaType.startsWith("application/cloudevents")) {
    if (!utf8) throw new HttpProblem(415, "CloudEvents in JSON must be in UTF-8");
    if (mediaType === STRUCTURED) return "structured";
    if (mediaType === BATCH) return "batch";
  } else if (isBinaryMode(request.headers)) {
    return "binary";
  }
  throw new HttpProblem(
    415,
    `send a CloudEvent as ${STRUCTURED}, several as ${BATCH}, or one in ce- headers and the body`,
  );
}

function originOf(request: Request): Origin {
  const bus = request.params["bus"];
  return typeof bus === "string" ? { eventBusName: bus } : {};
}

function refuse(reason: Exclude<BodyRefusal, "aborted">, { limit }: BodyRooms): never {
  switch (reason) {
    case "too-large":
      throw new HttpProblem(413, `the request body is longer than ${limit.max} bytes`);
    case "encoded":
      throw new HttpProblem(415, "Content-Encoding is not supported: send the body as it is");
    case "too-slow":
    case "no-room":
      throw new HttpProblem(429, "too much is in flight", { retryAfterSeconds: 1 });
  }
}

/** Checks that the body is JSON and no deeper than an event may be. Parsing waits until its size is known. */
function checkedJson(body: Buffer): Buffer {
  if (!isUtf8(body)) throw new HttpProblem(400, "the body is not UTF-8");
  if (!isJsonBelow(0, body)) throw new HttpProblem(400, "the body is not JSON, or is nested too deeply");
  return body;
}

async function putOne(putEntries: PutEntries, event: Checked<CloudEvent>, origin: Origin): Promise<string> {
  if (!event.ok) throw new HttpProblem(400, event.reason);
  const [result] = await put(putEntries, [requestEntry(event.value, origin)]);
  if (result === undefined) throw new Error("a put of one entry was answered with no result");
  if (!result.ok) throw new HttpProblem(FORBIDDEN.has(result.code) ? 403 : 400, result.message);
  return result.eventId;
}

/** One result for each CloudEvent, in order. The valid events of a batch are put even when others are invalid. */
async function putBatch(putEntries: PutEntries, json: Buffer, origin: Origin, limit: Limit): Promise<readonly Json[]> {
  if (kindOf(json) !== "list") throw new HttpProblem(400, "a batch must be a JSON array of CloudEvents");
  // The CloudEvents specification has no limit. A batch may be as large as a put over the EventBridge API.
  const eventsMax = Math.max(BATCH_EVENTS_MAX, limit.max);
  const { count, parts } = partsOf(json, eventsMax);
  if (count > eventsMax) {
    limit.exceeded();
    throw new HttpProblem(400, `a batch may hold ${eventsMax} CloudEvents, got ${count}`);
  }

  const events = parts.map(readStructured);
  const entries = events.flatMap((event) => (event.ok ? [requestEntry(event.value, origin)] : []));
  const results = entries.length === 0 ? [] : [...(await put(putEntries, entries))];
  return events.map((event) => {
    const result = event.ok
      ? results.shift()
      : ({ ok: false, code: "InvalidArgument", message: event.reason } as const);
    if (result === undefined) throw new Error("a put was answered with fewer results than it had entries");
    return result.ok ? { eventId: result.eventId } : { error: result.code, message: result.message };
  });
}

/**
 * Puts the entries.
 *
 * @throws HttpProblem when the request is refused as a whole.
 */
async function put(putEntries: PutEntries, entries: readonly RequestEntry[]): Promise<readonly EntryResult[]> {
  const result: PutResult = await putEntries(entries);
  switch (result.kind) {
    case "answered": {
      const stored = result.entries.some((entry) => entry.ok || entry.code !== "InternalFailure");
      if (!stored) throw new HttpProblem(503, "the broker did not confirm the events", { retryAfterSeconds: 1 });
      return result.entries;
    }
    case "refused":
      throw new HttpProblem(413, result.message);
    case "busy":
      throw new HttpProblem(result.reason === "throttled" ? 429 : 503, result.message, result);
  }
}
