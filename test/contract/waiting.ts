import assert from "node:assert/strict";
import type { Broker } from "../../src/ports/broker/broker.ts";
import type { Message, Received } from "../../src/domain/queue/message.ts";
import type { MessageHandler } from "../../src/ports/broker/consumer.ts";
import type { PublishFailureReason } from "../../src/ports/broker/publisher.ts";
import { PublishError } from "../../src/ports/broker/publisher.ts";

/** Far more than anything takes: several others may work on the same two cores. */
const BOUND_MS = 60_000;

/**
 * Looks until `holds` does, each time after a tenth of the time that it has waited, 10 to 100 ms. Fails with `what` when it does not within
 * `boundMs`.
 */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  boundMs = BOUND_MS,
): Promise<void> {
  const startedAtMs = performance.now();
  while (!(await holds())) {
    const waitedMs = performance.now() - startedAtMs;
    assert.ok(waitedMs < boundMs, `not within ${boundMs} ms: ${what}`);
    // Looking costs a router work that others wait for.
    await new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(waitedMs / 10, 10), 100)));
  }
}

/** The promise's value, or a failure with `what` when it does not settle within `boundMs`. */
export async function within<T>(what: string, promise: Promise<T>, boundMs = BOUND_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${boundMs} ms: ${what}`)), boundMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Tries until the broker has it, as a router's callers do. */
export async function publishedInTheEnd(
  broker: Broker,
  message: Message,
  options: { readonly delayMs?: number } = {},
): Promise<void> {
  await eventually(
    `${message.id} published`,
    async () => (await reasonsOf(broker.publish([message], options))).length === 0,
  );
}

/** Why messages were not confirmed; none when all were. */
export async function reasonsOf(publishing: Promise<void>): Promise<PublishFailureReason[]> {
  try {
    await publishing;
    return [];
  } catch (error) {
    assert.ok(error instanceof PublishError);
    return error.failures.map(({ reason }) => reason);
  }
}

/** A handler that keeps what it is given, and settles when the test says so. */
export class Inbox {
  readonly received: Received[] = [];
  readonly receivedAtMs: number[] = [];
  inFlight = 0;
  mostInFlight = 0;
  readonly #gate = Promise.withResolvers<undefined>();

  /** An inbox that settles at once, unless it is to hold everything until `release`. */
  constructor(options: { readonly holding: boolean } = { holding: false }) {
    if (!options.holding) this.release();
  }

  readonly handler: MessageHandler = async (message) => {
    this.received.push(message);
    this.receivedAtMs.push(performance.now());
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await this.#gate.promise;
    this.inFlight--;
  };

  get ids(): string[] {
    return this.received.map((message) => message.id);
  }

  release(): void {
    this.#gate.resolve(undefined);
  }

  async has(count: number): Promise<void> {
    await eventually(`${count} messages received`, () => this.received.length >= count);
  }
}
