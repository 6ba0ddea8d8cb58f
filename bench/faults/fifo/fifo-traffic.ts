import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import { callSqs } from "../../../test/support/aws/sqs-router.ts";
import type { SqsAnswer } from "../../../test/support/aws/sqs-router.ts";
import type { Router } from "../../../test/support/router/router.ts";
import type { Place } from "./fifo-book.ts";
import { FifoBook } from "./fifo-book.ts";

const GROUPS = 10;
/** A sender's messages of a group follow each other so. */
const SEND_EVERY_MS = 100;
const RETRY_MS = 100;
const DELETE_TRIES = 4;
/** Beyond the longest time in which a queue has no owner. */
const FLOWING_MS_MAX = 60_000;
const EMPTY_MS_MAX = 180_000;

interface ReceivedMessage {
  readonly Body: string;
  readonly ReceiptHandle: string;
}

/** Senders and consumers of a FIFO queue, at whichever router answers. */
export class FifoTraffic {
  readonly book = new FifoBook();
  readonly #queue: string;
  readonly #routers: readonly Router[];
  readonly #senders: readonly Promise<void>[];
  readonly #consumers: readonly Promise<void>[];
  #isSending = true;
  #isReceiving = true;

  private constructor(queue: string, routers: readonly Router[]) {
    this.#queue = queue;
    this.#routers = routers;
    this.#senders = Array.from({ length: GROUPS }, (_, group) => this.#send(`g${group}`));
    this.#consumers = [...routers, ...routers].map((router) => this.#consume(router));
  }

  static start(queue: string, routers: readonly Router[]): FifoTraffic {
    return new FifoTraffic(queue, routers);
  }

  /** Resolves when so many more messages were deleted. @returns the seconds that it took */
  async flows(count: number): Promise<number> {
    const beganAtMs = performance.now();
    const before = this.book.deleted;
    await eventually(`${count} more are deleted`, () => this.book.deleted >= before + count, FLOWING_MS_MAX);
    return (performance.now() - beganAtMs) / 1_000;
  }

  /** Sends no more, and receives until the queue is empty. */
  async end(): Promise<void> {
    this.#isSending = false;
    await Promise.all(this.#senders);
    try {
      await eventually("the queue is empty", () => this.#isEmpty(), EMPTY_MS_MAX);
    } finally {
      this.#isReceiving = false;
      await Promise.all(this.#consumers);
    }
  }

  /** One message after the other, each until it is accepted. A repetition has the same deduplication id. */
  async #send(group: string): Promise<void> {
    for (let number = 0; this.#isSending; number++) {
      const id = `${group}-${number}`;
      const message = { MessageBody: id, MessageGroupId: group, MessageDeduplicationId: id };
      for (let at = number; (await this.#ask(at, "SendMessage", message))?.status !== 200; at++) await sleep(RETRY_MS);
      this.book.sent({ group, number });
      await sleep(SEND_EVERY_MS);
    }
  }

  async #consume(router: Router): Promise<void> {
    for (let at = 0; this.#isReceiving; at++) {
      const askedAtMs = performance.now();
      const options = { MaxNumberOfMessages: 10, WaitTimeSeconds: 1 };
      const answer = await this.#askAt(router, "ReceiveMessage", options);
      if (answer?.status !== 200) {
        await sleep(RETRY_MS);
        continue;
      }
      const messages = (answer.body["Messages"] ?? []) as ReceivedMessage[];
      this.book.received(
        messages.map(({ Body }) => placeOf(Body)),
        askedAtMs,
      );
      for (const message of messages) await this.#delete(message, at);
    }
  }

  async #delete({ Body, ReceiptHandle }: ReceivedMessage, at: number): Promise<void> {
    const place = placeOf(Body);
    this.book.deleting(place);
    // At any router that answers. What is not deleted comes again.
    for (let tries = 0; tries < DELETE_TRIES; tries++) {
      const answer = await this.#ask(at + tries, "DeleteMessage", { ReceiptHandle });
      if (answer?.status === 200) this.book.wasDeleted(place, performance.now());
      if (answer !== undefined && answer.status < 500) return;
    }
  }

  async #isEmpty(): Promise<boolean> {
    const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
    const answer = await this.#ask(0, "GetQueueAttributes", { AttributeNames });
    const counts = Object.values((answer?.body["Attributes"] ?? {}) as Record<string, string>);
    return counts.length === 2 && counts.every((count) => count === "0");
  }

  async #ask(at: number, operation: string, input: object): Promise<SqsAnswer | undefined> {
    const router = this.#routers[at % this.#routers.length];
    return router && (await this.#askAt(router, operation, input));
  }

  /** Undefined where nobody answers. */
  async #askAt(router: Router, operation: string, input: object): Promise<SqsAnswer | undefined> {
    return await callSqs(router.publicUrl, operation, { QueueUrl: this.#queue, ...input }).catch(() => undefined);
  }
}

function placeOf(body: string): Place {
  const [group = "", number = ""] = body.split("-");
  return { group, number: Number(number) };
}
