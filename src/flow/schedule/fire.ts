import type { Identity } from "../../domain/arn.ts";
import { ruleArn, scheduleArn } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import { hasDestination } from "../../domain/config.ts";
import type { Delivery, ScheduleMark } from "../../domain/delivery/delivery.ts";
import { deliveryMessage, messageFact, scheduleHeaders } from "../../domain/delivery/delivery-message.ts";
import { HEADER } from "../../domain/delivery/headers.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { composeEvent } from "../../domain/event/event.ts";
import { deadLetterHeaders, scheduleDeadLetterHeaders } from "../../domain/failure/dead-letter.ts";
import { destinationQueue } from "../../domain/queue/configured-queues.ts";
import type { Message } from "../../domain/queue/message.ts";
import { DEAD_LETTER_QUEUE } from "../../domain/queue/queues.ts";
import type { Rule } from "../../domain/rule/rule.ts";
import type { IsHeld } from "../../domain/rule/rule.ts";
import { splitRuleKey } from "../../domain/rule/rule.ts";
import { duePayload, withAttemptNumber } from "../../domain/schedule/payload.ts";
import type { ScheduleDue, ScheduleFiredFact } from "../../domain/schedule/schedule.ts";
import { derivedIds } from "../route/derived-ids.ts";
import { groupHeaders } from "../route/group-headers.ts";
import type { RouteFailure } from "../route/match.ts";
import { route } from "../route/route.ts";

export interface FireContext {
  readonly config: Config;
  readonly identity: Identity;
  /** An id made of a text: the same text has the same id on every router. */
  readonly deriveId: (text: string) => string;
  readonly nowMs: number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  /** Which rules get an event from an archive; left out, all get it directly. */
  readonly isHeld?: IsHeld | undefined;
}

/** What is to be stored for a schedule that is due, and what is said of it once it is. */
export interface Firing {
  readonly messages: readonly Message[];
  readonly fact: Omit<ScheduleFiredFact, "firedAtMs">;
  /** Set where the one message is for a queue, which may refuse it. */
  readonly mark?: ScheduleMark;
}

/**
 * Works out what a due schedule makes. All ids are derived from the schedule and its due time: fired again, it makes
 * the same messages with the same ids.
 */
export async function firingOf(due: ScheduleDue, context: FireContext): Promise<Firing> {
  const { schedule, dueMs } = due;
  const id = context.deriveId(JSON.stringify(["schedule", schedule.name, dueMs]));
  const { to, rule } = schedule.target;
  if (schedule.isKept === true && !hasDestination(context.config, to)) return toNobody(due, id, context);
  if (rule !== undefined) return giveToTargets(rule, due, id, context);
  if (to.kind === "event-bus") return putOn(to.name, due, id, context);
  const payload = Buffer.from(duePayload(due, id, context.identity));
  const message = to.kind === "queue" ? queueMessage(to.name, due, id, payload, context.config) : undefined;
  const fact = { ...factOf(due), deliveryId: id, routed: [], deadLetters: [] };
  const mark = markOf(due, context.config);
  if (message !== undefined) return { messages: [message], fact, mark };
  const destination = to as Delivery["destination"];
  const delivery: Delivery = {
    id,
    destination,
    schedule: mark,
    body: payload,
    // It is what the target gets, and no event.
    rendered: {},
    attempt: 1,
    countedRetries: 0,
    firstAtMs: context.nowMs,
    hops: 0,
    suspicions: 0,
  };
  return { messages: [deliveryMessage(delivery, destinationQueue(destination, context.config))], fact };
}

function factOf({ schedule, dueMs, fireAtMs }: ScheduleDue): Pick<ScheduleFiredFact, "schedule" | "to" | "dueMs"> {
  return { schedule: schedule.name, to: schedule.target.to, dueMs, ...(fireAtMs === undefined ? {} : { fireAtMs }) };
}

/** What a kept schedule makes has with it what the configuration does not say. */
function markOf({ schedule, dueMs }: ScheduleDue, { queues }: Config): ScheduleMark {
  const { name, isKept, target } = schedule;
  if (isKept === undefined) return { name, dueMs };
  const { retryPolicy, deadLetterQueue: letters } = target;
  const kept = {
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
    ...(letters === undefined || !queues.has(letters) ? {} : { deadLetterQueue: letters }),
  };
  return { name, dueMs, kept };
}

/** What a kept schedule names may not be there, as AWS has it. */
function toNobody(due: ScheduleDue, id: string, context: FireContext): Firing {
  const { kind, name } = due.schedule.target.to;
  const payload = Buffer.from(duePayload(due, id, context.identity));
  const failure = { reason: "target_gone", message: `${kind} "${name}" does not exist` } as const;
  return letterFiring(due, id, payload, failure, context);
}

function letterFiring(due: ScheduleDue, id: string, body: Buffer, failure: RouteFailure, context: FireContext): Firing {
  const letter = deadLetter(due, id, body, failure, context);
  const deadLetters = [{ queue: letter.queue, reason: failure.reason, ...messageFact(letter) }];
  return { messages: [letter], fact: { ...factOf(due), routed: [], deadLetters } };
}

function queueMessage(
  queue: string,
  { schedule, dueMs }: ScheduleDue,
  id: string,
  payload: Buffer,
  config: Config,
): Message {
  const body = withAttemptNumber(payload, 1);
  const group = groupHeaders({ queue, id, body }, schedule.target.messageGroupId, config);
  const headers = { ...scheduleHeaders({ name: schedule.name, dueMs }), [HEADER.firstAt]: dueMs, ...group };
  return { queue, id, body, headers };
}

/** An event of the schedule's own source and detail type, whose detail is the input. */
async function putOn(bus: string, due: ScheduleDue, id: string, context: FireContext): Promise<Firing> {
  const { schedule, dueMs } = due;
  const { identity } = context;
  const { source = "", detailType = "" } = schedule.target.event ?? {};
  const { json, body } = composeEvent({
    id,
    detailType,
    source,
    account: identity.accountId,
    timeMs: dueMs,
    region: identity.region,
    resources: [scheduleArn(identity, schedule.name)],
    detailJson: withAttemptNumber(Buffer.from(duePayload(due, id, identity)), 1).toString(),
  });
  const event = { id, bus, source, detailType, json, body, acceptedAtMs: context.nowMs };
  return firingOn(due, event, undefined, context);
}

/** The targets of one rule get an event that is on no bus: neither other rules nor archives see it. */
async function giveToTargets(key: string, due: ScheduleDue, id: string, context: FireContext): Promise<Firing> {
  const { config, identity } = context;
  const { bus, name } = splitRuleKey(key);
  const [source, detailType] = ["aws.events", "Scheduled Event"];
  const { json, body } = composeEvent({
    id,
    detailType,
    source,
    account: identity.accountId,
    timeMs: due.dueMs,
    region: identity.region,
    resources: [ruleArn(identity, bus, name)],
    detailJson: "{}",
  });
  const event = { id, bus, source, detailType, json, body, acceptedAtMs: context.nowMs };
  const rule = config.rules.get(key);
  // Nobody gets it where the rule went a moment ago. Its conditions are about the events of its pattern.
  return firingOn(due, event, rule === undefined ? [] : [withoutConditions(rule)], context);
}

function withoutConditions({ conditions: _, ...rule }: Rule): Rule {
  return rule;
}

async function firingOn(
  due: ScheduleDue,
  event: BusEvent,
  fitting: readonly Rule[] | undefined,
  context: FireContext,
): Promise<Firing> {
  const options = fitting === undefined ? {} : { fitting };
  const routed = await route(event, { ...context, newId: derivedIds(event.id, context.deriveId) }, options);
  if (!routed.ok) return letterFiring(due, event.id, event.body, routed, context);
  const { planned, deadLetters } = routed;
  const fact = { ...factOf(due), routed: [routed.fact], deadLetters };
  return { messages: planned.map(({ message }) => message), fact };
}

/** An event that its bus cannot take, such as one that would make too many deliveries. */
function deadLetter(
  { schedule, dueMs }: ScheduleDue,
  id: string,
  body: Buffer,
  { reason, message }: RouteFailure,
  { identity, config }: FireContext,
): Message {
  const { to, rule, messageGroupId, deadLetterQueue: letters } = schedule.target;
  const mark = { name: schedule.name, dueMs };
  const death = { target: to, reason, message, retries: 0 };
  const headers = {
    ...(rule === undefined
      ? scheduleDeadLetterHeaders(identity, { ...death, schedule: mark, id })
      : deadLetterHeaders(identity, { ...death, origin: { bus: to.name, rule: splitRuleKey(rule).name, target: "" } })),
    ...scheduleHeaders(mark),
    ...(to.kind === "event-bus" ? { [HEADER.bus]: to.name } : {}),
    // For its redrive, once the queue is there.
    ...(messageGroupId === undefined ? {} : { [HEADER.messageGroupId]: messageGroupId }),
    [HEADER.firstAt]: dueMs,
  };
  const isThere = letters !== undefined && (schedule.isKept === undefined || config.queues.has(letters));
  return { queue: isThere ? letters : DEAD_LETTER_QUEUE, id, body, headers };
}
