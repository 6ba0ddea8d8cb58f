import type { Identity } from "../../domain/arn.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import { MESSAGE_BYTES_MAX } from "../../domain/queue/message.ts";
import type { Config } from "../../domain/config.ts";
import { findDestination, findTarget } from "../../domain/config.ts";
import type { DeadLetter } from "../../domain/failure/dead-letter-reading.ts";
import { redrivenHeaders } from "../../domain/failure/dead-letter-reading.ts";
import type { RedriveTo } from "../../domain/failure/redrive-to.ts";
import type { UnredrivableReason } from "../../domain/failure/unredrivable.ts";
import type { Delivery } from "../../domain/delivery/delivery.ts";
import { CONSEQUENCES_MAX } from "../../domain/delivery/delivery.ts";
import {
  deliveryMessage,
  readDelivery,
  readEventId,
  readRendered,
  readSchedule,
  readTrace,
  scheduleHeaders,
  textHeader,
} from "../../domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { traceOf } from "../../domain/event/trace.ts";
import { isJson } from "../../json/is-json.ts";
import { isJsonObject, parseJson } from "../../json/json.ts";
import type { IsHeld } from "../../domain/rule/rule.ts";
import type { DeadLetterFact, RoutedFact } from "../../domain/facts.ts";
import { PARKED_QUEUE } from "../../domain/queue/queues.ts";
import { derivedIds } from "../route/derived-ids.ts";
import { groupHeaders } from "../route/group-headers.ts";
import { route } from "../route/route.ts";
import type { Hit } from "../route/match.ts";
import { deliveryQueue } from "../../domain/queue/configured-queues.ts";
import { plan } from "../route/plan.ts";
import { EVENT_HEADER_BYTES_MAX, HEADER } from "../../domain/delivery/headers.ts";

export interface ReaddressOptions {
  readonly config: () => Config;
  readonly identity: Identity;
  /** The same id for the same text, and another id for another text. */
  readonly deriveId: (text: string) => string;
  readonly nowMs: () => number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
}

/** The same for one dead letter: by which configuration, and when. */
interface Readdressing extends Pick<ReaddressOptions, "identity" | "deriveId" | "pause" | "isHeld"> {
  readonly config: Config;
  readonly nowMs: number;
  /** What is redriven has waited long enough. */
  readonly isUndelayed: true;
}

export type Readdressed =
  | {
      readonly ok: true;
      readonly messages: readonly Message[];
      readonly deadLetters: readonly DeadLetterFact[];
      /** The rules that it met on its bus, where it was put on one again. */
      readonly routed: readonly RoutedFact[];
    }
  | { readonly ok: false; readonly reason: UnredrivableReason; readonly message: string };

/** Finds the messages to store for a dead letter's redrive, or why it cannot be redriven. */
export type Readdress = (message: Received, letter: DeadLetter, to: RedriveTo) => Promise<Readdressed>;

/**
 * A redriven delivery begins again: with its first attempt, and its ages from now, and without its target's delay. It keeps its id. On a bus the ids of
 * what it becomes are derived from it: a redrive that happens twice by accident makes duplicates with the same ids.
 */
export function readdressWith({ config, nowMs, ...same }: ReaddressOptions): Readdress {
  return async (message, letter, to) => {
    if (message.body.length > MESSAGE_BYTES_MAX)
      return refuse("unreadable", `it is longer than ${MESSAGE_BYTES_MAX} bytes`);
    const by: Readdressing = { ...same, config: config(), nowMs: nowMs(), isUndelayed: true };
    const readdressed = to === "bus" ? await toItsBus(message, by) : await toItsTarget(message, letter, by);
    if (!readdressed.ok) return readdressed;
    const redriven = redrivenHeaders(letter, message);
    const messages = readdressed.messages.map((each) => ({ ...each, headers: { ...each.headers, ...redriven } }));
    return { ...readdressed, messages };
  };
}

async function toItsTarget(message: Received, letter: DeadLetter, by: Readdressing): Promise<Readdressed> {
  const read = readDelivery(message);
  if (read.ok) return deliverAgain(read.delivery, by);
  if (message.queue === PARKED_QUEUE) return refuse("unreadable", read.problem);
  if (letter.origin !== undefined) return planAgain(message, letter.origin, by);
  return sendAgain(message, letter, by) ?? refuse("no_target", "it does not say which target it had");
}

/** What a schedule sent to a queue; undefined for anything else. */
function sendAgain(
  message: Received,
  { destination }: DeadLetter,
  { config, nowMs }: Readdressing,
): Readdressed | undefined {
  const mark = readSchedule(message.headers);
  if (mark === undefined || destination?.startsWith("queue/") !== true) return undefined;
  const queue = destination.slice("queue/".length);
  if (!config.queues.has(queue)) return refuse("target_gone", `queue "${queue}" is not in the configuration`);
  const again = { queue, id: message.id, body: message.body };
  const groupId = message.headers[HEADER.messageGroupId];
  const headers = {
    ...scheduleHeaders({ name: mark.name, dueMs: mark.dueMs }),
    [HEADER.firstAt]: nowMs,
    ...groupHeaders(again, typeof groupId === "string" ? groupId : undefined, config),
  };
  return { ok: true, messages: [{ ...again, headers }], deadLetters: [], routed: [] };
}

function deliverAgain(delivery: Delivery, { config, nowMs }: Readdressing): Readdressed {
  const { id, eventId, destination, origin, schedule, body, rendered, hops, budget, formerAttempt } = delivery;
  // Anything may lie in a dead-letter queue or be parked; the queue of a destination holds nothing but JSON.
  if (!isJson(body)) return refuse("unreadable", "its body is not JSON");
  if (findDestination(config, destination) === undefined) {
    return refuse("target_gone", `${destination.kind} "${destination.name}" is not in the configuration`);
  }
  if (origin !== undefined && findTarget(config, origin.bus, origin.rule, origin.target) === undefined) {
    return refuse("target_gone", targetGone(origin));
  }
  if (schedule !== undefined && schedule.kept === undefined && !config.schedules.has(schedule.name)) {
    return refuse("target_gone", `schedule "${schedule.name}" is not in the configuration`);
  }
  const again: Delivery = {
    id,
    ...(eventId === undefined ? {} : { eventId }),
    destination,
    ...(origin === undefined ? {} : { origin }),
    ...(schedule === undefined ? {} : { schedule }),
    body,
    ...(rendered === undefined ? {} : { rendered }),
    attempt: 1,
    countedRetries: 0,
    firstAtMs: nowMs,
    hops,
    ...(budget === undefined ? {} : { budget }),
    suspicions: 0,
    ...(formerAttempt === undefined ? {} : { formerAttempt }),
    ...traceOf(delivery),
  };
  const messages = [deliveryMessage(again, deliveryQueue(again, config))];
  return { ok: true, messages, deadLetters: [], routed: [] };
}

/** Makes the delivery that an event never became, such as one whose rule's conditions could not be evaluated. */
async function planAgain(message: Received, origin: Hit["origin"], by: Readdressing): Promise<Readdressed> {
  const target = findTarget(by.config, origin.bus, origin.rule, origin.target);
  if (target === undefined) return refuse("target_gone", targetGone(origin));
  if (target.isGone === true) return refuse("target_gone", `${target.to.kind} "${target.to.name}" does not exist`);
  if (target.to.kind === "event-bus") return putOn(target.to.name, message, by);
  const event = eventOf(message, origin.bus, by);
  if (event === undefined) return refuse("unreadable", NO_EVENT);
  const planned = plan(event, { origin, target, hops: 0 }, message.id, { ...by, budget: CONSEQUENCES_MAX - 1 });
  return {
    ok: true,
    messages: [planned.message],
    deadLetters: planned.deadLetter === undefined ? [] : [planned.deadLetter],
    routed: [],
  };
}

function toItsBus(message: Received, by: Readdressing): Promise<Readdressed> {
  const bus = textHeader(message.headers[HEADER.bus]);
  if (bus === undefined) return Promise.resolve(refuse("no_target", "it does not say which event bus it was on"));
  return putOn(bus, message, by);
}

async function putOn(bus: string, message: Received, by: Readdressing): Promise<Readdressed> {
  if (!by.config.eventBuses.has(bus)) {
    return refuse("target_gone", `event bus "${bus}" is not in the configuration`);
  }
  const rendered = readRendered(message.headers);
  if (rendered !== undefined && rendered.eventJson === undefined) return refuse("unreadable", EVENT_NOT_KEPT);
  const event = eventOf(message, bus, by);
  if (event === undefined) return refuse("unreadable", NO_EVENT);
  const routed = await route(event, { ...by, newId: derivedIds(message.id, by.deriveId) });
  if (!routed.ok) return refuse(routed.reason === "unmatchable" ? "unreadable" : "unmatched", routed.message);
  const { planned, deadLetters, fact } = routed;
  if (planned.length === 0) return refuse("unmatched", `no rule of event bus "${bus}" matches it`);
  return { ok: true, messages: planned.map((one) => one.message), deadLetters, routed: [fact] };
}

const EVENT_NOT_KEPT = `its event was longer than ${EVENT_HEADER_BYTES_MAX} bytes, and only what its function was given is kept`;
const NO_EVENT = "its body is not an event";

function eventOf(message: Received, bus: string, { nowMs }: Readdressing): BusEvent | undefined {
  const { headers } = message;
  const rendered = readRendered(headers);
  const body = rendered?.eventJson === undefined ? message.body : Buffer.from(rendered.eventJson);
  const json = body.toString();
  const fields = parseJson(json);
  if (!isJsonObject(fields)) return undefined;
  const { source, "detail-type": detailType } = fields;
  if (typeof source !== "string") return undefined;
  const id = readEventId(message) ?? message.id;
  return {
    id,
    bus,
    source,
    detailType: typeof detailType === "string" ? detailType : "",
    json,
    body,
    acceptedAtMs: nowMs,
    ...readTrace(headers),
  };
}

function targetGone({ bus, rule, target }: Hit["origin"]): string {
  return `rule ${bus}/${rule} or its target ${target} is not in the configuration`;
}

function refuse(reason: UnredrivableReason, message: string): Readdressed {
  return { ok: false, reason, message };
}
