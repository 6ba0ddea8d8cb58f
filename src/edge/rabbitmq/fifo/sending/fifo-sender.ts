import { HEADER } from "../../../../domain/delivery/headers.ts";
import { fifoTraits } from "../../../../domain/queue/fifo.ts";
import type { Message } from "../../../../domain/queue/message.ts";
import type { AcceptedMessage } from "../../../../ports/broker/fifo-queues.ts";
import { PublishError } from "../../../../ports/broker/publisher.ts";
import { direct } from "../../publishing/message.ts";
import type { Outgoing } from "../../publishing/publisher.ts";
import { ClearedQueues } from "../book/cleared-queues.ts";
import type { FifoSentRecord } from "../book/sent-before.ts";
import { SentBefore } from "../book/sent-before.ts";
import type { SequenceClock } from "./sequence-clock.ts";

export interface FifoSenderOptions {
  readonly sequence: SequenceClock;
  /** Resolves when all are confirmed. @throws PublishError */
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** Says to other routers what was stored. */
  readonly stored: (records: readonly FifoSentRecord[]) => Promise<void>;
  readonly clock: () => number;
}

/** A message of a batch: one to publish, or a duplicate of another. */
interface Sending {
  readonly message: Message;
  readonly accepted: AcceptedMessage;
  /** What it is remembered by. */
  readonly record: FifoSentRecord | undefined;
}

/**
 * Sends straight into queues. A duplicate of what any router has stored is answered with that, and not published. The
 * owner of the queue decides by its own reading: what routers know is for the answers.
 */
export class FifoSender {
  readonly #options: FifoSenderOptions;
  readonly #known = new SentBefore();
  readonly #cleared = new ClearedQueues();
  /** Keys of what is on its way, with its end: a duplicate waits, since its original may not be stored. */
  readonly #onTheWay = new Map<string, Promise<unknown>>();

  constructor(options: FifoSenderOptions) {
    this.#options = options;
  }

  /** Another router has stored it. */
  heard(record: FifoSentRecord): void {
    this.#known.add(record);
    this.#options.sequence.heard(record.sequenceNumber);
  }

  /** What was sent to the queue before does not count any more. */
  clear(queue: string, atMs: number): void {
    this.#known.clear(queue, atMs);
    this.#cleared.clear(queue, atMs);
  }

  /** Epoch milliseconds; 0 where this router has not heard of one. */
  clearedAtMs(queue: string): number {
    return this.#cleared.atMs(queue);
  }

  /** As a message of a FIFO queue is published: with its number, when it was sent, and until when it is delayed. */
  stamped(message: Message, delayMs: number): Message {
    const nowMs = this.#nowMs(message.queue);
    const times = { [HEADER.sentAt]: nowMs, ...(delayMs > 0 ? { [HEADER.visibleAt]: nowMs + delayMs } : {}) };
    const headers = { ...message.headers, ...times, [HEADER.sequenceNumber]: this.#options.sequence.next() };
    return { ...message, headers };
  }

  /** Undefined for each that was not stored. */
  async send(messages: readonly Message[], delayMs: number): Promise<readonly (AcceptedMessage | undefined)[]> {
    const keys = messages.flatMap(keysOf);
    while (keys.some((key) => this.#onTheWay.has(key)))
      await Promise.all(keys.flatMap((key) => this.#onTheWay.get(key) ?? []));
    const { sending, accepted } = this.#chosen(messages, delayMs);
    const stored = await this.#whileOnTheWay(keys, async () => {
      const those = await this.#publish(sending);
      for (const { record } of those) if (record !== undefined) this.#known.add(record);
      return new Set(those);
    });
    await this.#options.stored([...stored].flatMap(({ record }) => record ?? []));
    const lost = new Set(sending.filter((each) => !stored.has(each)).map((each) => each.accepted));
    return accepted.map((each) => (lost.has(each) ? undefined : each));
  }

  async #whileOnTheWay<T>(keys: readonly string[], send: () => Promise<T>): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    for (const key of keys) this.#onTheWay.set(key, promise);
    try {
      return await send();
    } finally {
      for (const key of keys) this.#onTheWay.delete(key);
      resolve(undefined);
    }
  }

  /** No sooner than the queue was cleared, by a router whose clock may be ahead. */
  #nowMs(queue: string): number {
    return Math.max(this.#options.clock(), this.clearedAtMs(queue));
  }

  /** What of a batch is to be published, and what each message is answered with once that is stored. */
  #chosen(messages: readonly Message[], delayMs: number) {
    const ofBatch = new SentBefore();
    const sending: Sending[] = [];
    const byRecord = new Map<FifoSentRecord, AcceptedMessage>();
    const accepted = messages.map((message): AcceptedMessage => {
      const { queue, id, headers } = message;
      const nowMs = this.#nowMs(queue);
      const { deduplicationKeys, deduplicationKey } = fifoTraits(headers);
      const known = this.#known.find(queue, deduplicationKeys, nowMs);
      if (known !== undefined) return { id: known.id, sequenceNumber: known.sequenceNumber };
      const before = ofBatch.find(queue, deduplicationKeys, nowMs);
      const original = before && byRecord.get(before);
      if (original !== undefined) return original;
      const numbered = this.stamped(message, delayMs);
      const answer = { id, sequenceNumber: String(numbered.headers[HEADER.sequenceNumber]) };
      const record =
        deduplicationKey === undefined ? undefined : { queue, key: deduplicationKey, ...answer, sentAtMs: nowMs };
      if (record !== undefined) {
        ofBatch.add(record);
        byRecord.set(record, answer);
      }
      sending.push({ message: numbered, accepted: answer, record });
      return answer;
    });
    return { sending, accepted };
  }

  /** @returns those that are stored */
  async #publish(sending: readonly Sending[]): Promise<readonly Sending[]> {
    if (sending.length === 0) return sending;
    try {
      await this.#options.publish(sending.map(({ message }) => direct(message)));
      return sending;
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      const failed = new Set(error.failures.map(({ index }) => index));
      return sending.filter((_, index) => !failed.has(index));
    }
  }
}

function keysOf({ queue, headers }: Message): readonly string[] {
  return fifoTraits(headers).deduplicationKeys.map((key) => JSON.stringify([queue, key]));
}
