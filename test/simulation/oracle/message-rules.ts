import type { Message } from "../../../src/domain/queue/message.ts";
import type { Ledger } from "./ledger.ts";
import { isForPeople } from "./ledger.ts";
import {
  CONTROL_LOG,
  DEAD_LETTERS,
  errorCodeOf,
  GONE_WAIT_MS,
  KEPT_WAIT_MS,
  PARKED,
  queuePromise,
  retryPromise,
  waitAfter,
} from "./promises.ts";
import type { RuleSpec, Variant } from "../scenario.ts";

export interface MessageRulesOptions {
  readonly ledger: Ledger;
  readonly base: Variant;
  readonly violate: (what: string) => void;
}

/** docs/delivery.md, "Queues": on a message that a rule put into a queue. */
const COPY_HEADERS = ["busbar-bus", "busbar-rule", "busbar-target", "busbar-event-id", "busbar-first-at"];
/** docs/delivery.md, "Dead letters". */
const EVENTBRIDGE_HEADERS = ["RULE_ARN", "TARGET_ARN", "ERROR_CODE", "ERROR_MESSAGE", "RETRY_ATTEMPTS"];
const LAMBDA_HEADERS = ["RequestID", "ErrorCode", "ErrorMessage", "busbar-error-code"];
/** Of an event that has no target, and of what the delay ladder had no queue for. */
const BARE_HEADERS = ["ERROR_CODE", "ERROR_MESSAGE"];
/** docs/delivery.md, "Parked messages and suspects". */
const PARKED_HEADERS = ["busbar-parked-reason", "busbar-parked-problem", "busbar-parked-from"];
/** What routers of every version read a delivery by. */
const DELIVERY_HEADERS = ["busbar-destination", "busbar-attempt", "busbar-first-at"];

/** What must hold of every queue that is made, and of every message that is stored. */
export class MessageRules {
  readonly #options: MessageRulesOptions;

  constructor(options: MessageRulesOptions) {
    this.#options = options;
  }

  /** @param given the queue's arguments, as the broker gets them. */
  declared(queue: string, given: Readonly<Record<string, unknown>>): void {
    if (queue === CONTROL_LOG) return this.#checkArgument(queue, given, "x-queue-type", "stream");
    const level = /^busbar\.delay\.(\d+)$/.exec(queue)?.[1];
    if (level !== undefined) {
      this.#checkArgument(queue, given, "x-message-ttl", 2 ** Number(level) * 1_000);
      return this.#checkArgument(queue, given, "x-dead-letter-strategy", "at-least-once");
    }
    const { deliveryLimit, deadLetterQueue, singleActiveConsumer } = queuePromise(queue);
    this.#checkArgument(queue, given, "x-queue-type", "quorum");
    this.#checkArgument(queue, given, "x-delivery-limit", deliveryLimit);
    this.#checkArgument(queue, given, "x-dead-letter-routing-key", deadLetterQueue);
    this.#checkArgument(queue, given, "x-single-active-consumer", singleActiveConsumer ? true : undefined);
    if (deadLetterQueue !== undefined) this.#checkArgument(queue, given, "x-dead-letter-strategy", "at-least-once");
  }

  stored(message: Message, delayMs: number): void {
    if (isForPeople(message.queue)) this.#checkReadable(message);
    else this.#checkDelivery(message, delayMs);
  }

  #checkArgument(queue: string, given: Readonly<Record<string, unknown>>, name: string, promised: unknown): void {
    if (given[name] !== promised)
      this.#options.violate(`${queue} is declared with ${name} ${String(given[name])} and not ${String(promised)}`);
  }

  #checkDelivery(message: Message, delayMs: number): void {
    const { headers } = message;
    if (headers["busbar-kept-for"] !== undefined) {
      if (delayMs > KEPT_WAIT_MS) this.#violate(message, `is kept for ${delayMs} ms`);
      return;
    }
    this.#require(message, DELIVERY_HEADERS);
    if (delayMs > 0) this.#checkDelay(message, delayMs);
  }

  /** A retry waits as long as the outcome of the attempt before asks for, and is not put off for longer. */
  #checkDelay(message: Message, delayMs: number): void {
    const { ledger, base } = this.#options;
    const story = ledger.storyOf(message);
    const attempt = Number(message.headers["busbar-attempt"]) - 1;
    const calls = story?.calls.get(attempt) ?? [];
    const promise = retryPromise(String(message.headers["busbar-destination"]), targetOf(message, base.rules), base);
    const waits = calls.flatMap(({ outcome }) =>
      outcome === undefined || outcome === "gone" ? [] : (waitAfter(outcome, attempt, promise, undefined) ?? []),
    );
    const longestMs = Math.max(0, ...waits.map((wait) => wholeSeconds(wait.longestMs)));
    if (delayMs !== GONE_WAIT_MS && delayMs > longestMs)
      this.#violate(message, `waits for ${delayMs} ms and not ${longestMs} ms at most`);
  }

  #checkReadable(message: Message): void {
    const { queue, headers } = message;
    const has = (names: readonly string[]) => names.every((name) => headers[name] !== undefined);
    if (queue === PARKED) {
      // RabbitMQ parks what reached its delivery limit, and adds nothing.
      if (Object.keys(headers).some((name) => name.startsWith("busbar-parked"))) this.#require(message, PARKED_HEADERS);
    } else if (headers["ERROR_CODE"] !== undefined || headers["ErrorCode"] !== undefined || queue === DEAD_LETTERS) {
      const hasForm = has(LAMBDA_HEADERS) || has(EVENTBRIDGE_HEADERS) || (queue === DEAD_LETTERS && has(BARE_HEADERS));
      if (!hasForm) this.#violate(message, "has the form of no dead letter");
      this.#checkErrorCode(message);
    } else if (headers["busbar-rule"] !== undefined) this.#require(message, COPY_HEADERS);
    else this.#require(message, ["busbar-event-id", "busbar-first-at"]);
  }

  /** It is that of an attempt's reason; or the delivery had no attempt left, no time left or nowhere to go. */
  #checkErrorCode(message: Message): void {
    const code = message.headers["ERROR_CODE"] ?? message.headers["busbar-error-code"];
    const calls = [...(this.#options.ledger.storyOf(message)?.calls.values() ?? [])].flat();
    const codes = calls.flatMap(({ outcome }) =>
      outcome === undefined || outcome === "gone" || outcome.ok ? [] : [errorCodeOf(outcome.reason)],
    );
    if (![...codes, errorCodeOf("target_gone"), errorCodeOf("expired")].includes(String(code)))
      this.#violate(message, `has the error code ${String(code)}, and its attempts ended in ${codes.join(", ")}`);
  }

  #require(message: Message, names: readonly string[]): void {
    const missing = names.filter((name) => message.headers[name] === undefined);
    if (missing.length > 0) this.#violate(message, `has no ${missing.join(", no ")}`);
  }

  #violate({ id, queue }: Message, what: string): void {
    this.#options.violate(`message ${id} in ${queue} ${what}`);
  }
}

function targetOf({ headers }: Message, rules: readonly RuleSpec[]) {
  const rule = rules.find(({ bus, name }) => bus === headers["busbar-bus"] && name === headers["busbar-rule"]);
  return rule?.targets.find(({ id }) => id === headers["busbar-target"]);
}

/** The delay ladder's steps are whole seconds, never early. */
function wholeSeconds(waitMs: number): number {
  return Math.ceil(waitMs / 1_000) * 1_000;
}
