import { UNDELIVERABLE_QUEUE } from "../../../domain/queue/queues.ts";
import { QUORUM, UNLIMITED_DELIVERIES } from "./queue-arguments.ts";
import type { Step } from "./step.ts";
import type { QueueDeclaration } from "../../../domain/queue/declaration.ts";
import { HEADER } from "../../../domain/delivery/headers.ts";

/*
 * The delay ladder, as NServiceBus builds it on RabbitMQ. A message waits on those of 17 levels that its delay in
 * seconds, written in binary, has a 1 for: level N is a queue whose messages expire after 2^N seconds and move on to
 * the next level. A level's topic exchange tests its own bit of the routing key, which is the 17 bits, highest
 * first, and then the queue to go to: "0.….1.0.1.busbar.function.stock" waits 4 s and 1 s.
 * Messages of one level expire in the order they came, so that a long delay never holds up a short one.
 */

const LEVELS = 17;
const DELAY_SECONDS_MAX = 2 ** LEVELS - 1;

/**
 * Hands over what has waited long enough to the queue that it is for, if that is one of ours. All else goes to `busbar.undeliverable`,
 * from where routers store it: a user's queue may refuse, and RabbitMQ tries what is refused again before all that is behind it.
 */
const DELIVER_EXCHANGE = "busbar.delay.deliver";
const UNDELIVERABLE_EXCHANGE = "busbar.undeliverable";

const levelName = (level: number): string => `busbar.delay.${level}`;

/** Where to publish a message so that it comes to `queue` after that many whole seconds, 1 to `DELAY_SECONDS_MAX`. */
export function delayedRoute(queue: string, delaySeconds: number): { exchange: string; routingKey: string } {
  if (!(delaySeconds >= 1 && delaySeconds <= DELAY_SECONDS_MAX)) {
    throw new RangeError(`a delay must be 1..${DELAY_SECONDS_MAX} seconds, got ${delaySeconds}`);
  }
  const bits = delaySeconds.toString(2).padStart(LEVELS, "0");
  const highestLevel = LEVELS - 1 - bits.indexOf("1");
  return { exchange: levelName(highestLevel), routingKey: [...Array.from(bits), queue].join(".") };
}

/** The queue that a message of the ladder was on its way to; undefined for any other routing key. */
export function queueOfDelayedRoute(routingKey: string): string | undefined {
  const words = routingKey.split(".");
  return words.length > LEVELS ? words.slice(LEVELS).join(".") : undefined;
}

/**
 * How late the ladder handed a message over, in seconds; undefined when it did not come out of the ladder.
 * The broker noted, to the second, when the message left its last level: waiting in its queue afterwards is not the ladder's doing.
 */
export function delayedBySeconds(headers: Readonly<Record<string, unknown>>, nowMs: number): number | undefined {
  const dueAtMs = headers[HEADER.dueAt];
  if (typeof dueAtMs !== "number") return undefined;
  const leftAtMs = newestDeathSeconds(headers["x-death"]) * 1000 + 999;
  return Math.max(0, Math.min(nowMs, leftAtMs) - dueAtMs) / 1000;
}

function newestDeathSeconds(deaths: unknown): number {
  if (!Array.isArray(deaths)) return Infinity;
  const times = deaths.map((death: { time?: { value?: unknown } } | null) => death?.time?.value);
  const seconds = times.filter((time) => typeof time === "number");
  return seconds.length === 0 ? Infinity : Math.max(...seconds);
}

/** The 17 levels with their exchanges. `busbar.undeliverable` must be there already. */
export function ladderSteps(): readonly Step[] {
  return [...undeliverableSteps(), ...Array.from({ length: LEVELS }, (_, level) => levelSteps(level)).flat()];
}

/**
 * Lets the ladder deliver to a queue of ours, and no longer to a user's, which earlier versions had bound. All 17 bits are spelt
 * out, so that a queue named "a" gets nothing that is for "b.a".
 */
export function deliveryStep({ name, owner }: QueueDeclaration): Step {
  const pattern = "*.".repeat(LEVELS) + name;
  const what = `binding of queue "${name}"`;
  if (owner === "busbar") return { what, run: (channel) => channel.bindQueue(name, DELIVER_EXCHANGE, pattern) };
  return { what: `removal of the ${what}`, run: (channel) => channel.unbindQueue(name, DELIVER_EXCHANGE, pattern) };
}

function undeliverableSteps(): readonly Step[] {
  return [
    exchangeStep(UNDELIVERABLE_EXCHANGE, "fanout"),
    {
      what: `binding of queue "${UNDELIVERABLE_QUEUE}"`,
      run: (channel) => channel.bindQueue(UNDELIVERABLE_QUEUE, UNDELIVERABLE_EXCHANGE, ""),
    },
    exchangeStep(DELIVER_EXCHANGE, "topic", UNDELIVERABLE_EXCHANGE),
  ];
}

function levelSteps(level: number): readonly Step[] {
  const name = levelName(level);
  const next = level === 0 ? DELIVER_EXCHANGE : levelName(level - 1);
  const higherBits = "*.".repeat(LEVELS - 1 - level);
  const queueArguments = {
    ...QUORUM,
    ...UNLIMITED_DELIVERIES,
    "x-message-ttl": 2 ** level * 1000,
    "x-dead-letter-exchange": next,
    // The default strategy lost up to a fifth of the waiting messages when the broker was killed.
    "x-dead-letter-strategy": "at-least-once",
    "x-overflow": "reject-publish",
  };
  return [
    exchangeStep(name, "topic"),
    { what: `queue "${name}"`, run: (channel) => channel.assertQueue(name, { arguments: queueArguments }) },
    { what: `binding of queue "${name}"`, run: (channel) => channel.bindQueue(name, name, `${higherBits}1.#`) },
    { what: `binding of exchange "${next}"`, run: (channel) => channel.bindExchange(next, name, `${higherBits}0.#`) },
  ];
}

function exchangeStep(name: string, type: "topic" | "fanout", alternateExchange?: string): Step {
  const options = alternateExchange === undefined ? {} : { alternateExchange };
  return { what: `exchange "${name}"`, run: (channel) => channel.assertExchange(name, type, options) };
}
