import type { Received } from "../queue/message.ts";
import type { RuleTarget } from "../delivery/delivery.ts";
import { countHeader, readEventId, readOrigin, textHeader } from "../delivery/delivery-message.ts";
import { PARKED_QUEUE } from "../queue/queues.ts";
import { ruleKey } from "../rule/rule.ts";
import { HEADER } from "../delivery/headers.ts";

/** A dead letter or a parked message, by the fields that people search for. What its headers do not hold is undefined. */
export interface DeadLetter {
  /** The delivery id; empty when the message has none. */
  readonly id: string;
  readonly eventId?: string;
  /** When its event was accepted or it was last redriven, epoch milliseconds. */
  readonly atMs?: number;
  readonly origin?: RuleTarget;
  /** Where it was to go: `function/NAME`, `api-destination/NAME`, `queue/NAME` or `event-bus/NAME`. */
  readonly destination?: string;
  /** EventBridge's code. Of a parked message, why it is parked. In Lambda's form without our own code, the status. */
  readonly errorCode: string;
  readonly errorMessage: string;
  /** The number of its last attempt; 0 when there was none. */
  readonly attempts: number;
  readonly redriven: number;
}

/**
 * Reads a message as a dead letter; undefined when it is not one. Users' queues hold other messages too, which have neither
 * EventBridge's headers nor Lambda's. Every parked message counts as a dead letter.
 */
export function readDeadLetter(message: Received): DeadLetter | undefined {
  const { headers } = message;
  const error = errorOf(message);
  if (error === undefined) return undefined;
  const atMs = countHeader(headers[HEADER.firstAt], 0);
  const origin = readOrigin(headers);
  const destination =
    textHeader(headers[HEADER.destination]) ?? destinationOfArn(textHeader(headers["TARGET_ARN"]) ?? "");
  const eventId = readEventId(message);
  return {
    id: message.id,
    ...(eventId === undefined ? {} : { eventId }),
    ...(atMs === undefined ? {} : { atMs }),
    ...(origin === undefined ? {} : { origin }),
    ...(destination === undefined ? {} : { destination }),
    ...error,
    attempts: countHeader(headers[HEADER.attempt], 0) ?? 0,
    redriven: countHeader(headers[HEADER.redriven], 0) ?? 0,
  };
}

/** The headers that a redrive adds: how often the message was redriven, and when its event was accepted. */
export function redrivenHeaders(letter: DeadLetter, { headers }: Received): Record<string, number> {
  const acceptedAtMs = countHeader(headers[HEADER.acceptedAt], 0) ?? letter.atMs;
  return {
    [HEADER.redriven]: letter.redriven + 1,
    ...(acceptedAtMs === undefined ? {} : { [HEADER.acceptedAt]: acceptedAtMs }),
  };
}

type DeadLetterError = Pick<DeadLetter, "errorCode" | "errorMessage">;

function errorOf({ queue, headers }: Received): DeadLetterError | undefined {
  if (queue === PARKED_QUEUE) return parkedError(headers);
  const code = textHeader(headers["ERROR_CODE"]);
  if (code !== undefined) return { errorCode: code, errorMessage: textHeader(headers["ERROR_MESSAGE"]) ?? "" };
  const status = headers["ErrorCode"];
  if (textHeader(headers["RequestID"]) === undefined || typeof status !== "number") return undefined;
  const errorCode = textHeader(headers[HEADER.errorCode]) ?? String(status);
  return { errorCode, errorMessage: textHeader(headers["ErrorMessage"]) ?? "" };
}

/** A message that the broker parked over its delivery limit has only the broker's own headers. */
function parkedError(headers: Received["headers"]): DeadLetterError {
  const from = textHeader(headers[HEADER.parkedFrom]) ?? textHeader(headers["x-first-death-queue"]);
  const problem = textHeader(headers[HEADER.parkedProblem]) ?? "it came back too often";
  return {
    errorCode: textHeader(headers[HEADER.parkedReason]) ?? textHeader(headers["x-first-death-reason"]) ?? "unknown",
    errorMessage: from === undefined ? problem : `${problem} (from ${from})`,
  };
}

function destinationOfArn(arn: string): string | undefined {
  const queue = /^arn:aws:sqs:[^:]*:[^:]*:(.+)$/.exec(arn)?.[1];
  if (queue !== undefined) return `queue/${queue}`;
  const match = /^arn:aws:[^:]+:[^:]*:[^:]*:(function|api-destination|event-bus)[:/](.+)$/.exec(arn);
  return match === null ? undefined : `${match[1]}/${match[2]}`;
}

/** Which dead letters are selected. An empty filter selects all. */
export interface DeadLetterFilter {
  readonly id?: string | undefined;
  /** `bus/name`; without a bus it is a rule of the default bus. */
  readonly rule?: string | undefined;
  /** A target's id in its rule, or the target itself, as in `function/NAME`. */
  readonly target?: string | undefined;
  readonly errorCode?: string | undefined;
  /** Its event was accepted, or it was last redriven, at this time or earlier; epoch milliseconds. */
  readonly beforeMs?: number | undefined;
  /** The same, at this time or later. A dead letter without a time is neither before nor after any. */
  readonly afterMs?: number | undefined;
  /** Leaves out what was accepted or redriven after this time. A dead letter without a time is not left out. */
  readonly notNewerThanMs?: number | undefined;
  /** Leaves out what was redriven at this time or later, so that a redrive does not move a message twice. */
  readonly notRedrivenSinceMs?: number | undefined;
}

/** Whether a filter selects a dead letter. */
export function selects(filter: DeadLetterFilter, letter: DeadLetter): boolean {
  const { id, rule, target, errorCode, beforeMs, afterMs } = filter;
  const { notNewerThanMs = Infinity, notRedrivenSinceMs = Infinity } = filter;
  const { origin } = letter;
  const wantedRule = rule === undefined || rule.includes("/") ? rule : ruleKey("default", rule);
  return (
    (id === undefined || letter.id === id) &&
    (wantedRule === undefined || (origin !== undefined && ruleKey(origin.bus, origin.rule) === wantedRule)) &&
    (target === undefined || origin?.target === target || letter.destination === target) &&
    (errorCode === undefined || letter.errorCode === errorCode) &&
    (beforeMs === undefined || (letter.atMs !== undefined && letter.atMs <= beforeMs)) &&
    (afterMs === undefined || (letter.atMs !== undefined && letter.atMs >= afterMs)) &&
    (letter.atMs === undefined || letter.atMs <= notNewerThanMs) &&
    (letter.redriven === 0 || letter.atMs === undefined || letter.atMs < notRedrivenSinceMs)
  );
}
