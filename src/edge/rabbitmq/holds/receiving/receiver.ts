import type { Message } from "../../../../domain/queue/message.ts";
import type { BrokerEvents } from "../../../../ports/broker/broker.ts";
import type { GetOptions, HeldMessage } from "../../../../ports/broker/holds.ts";
import type { Carried, HoldBook } from "../book/hold-book.ts";
import type { Arrived, HoldChannels } from "./hold-channels.ts";
import type { Candidate } from "./judging.ts";
import { candidateOf, copyOf, fateOf } from "./judging.ts";
import { encodeReceipt } from "../book/receipt.ts";
import { placesNotStored } from "../storing.ts";

/** How often one receive gets again for what was deleted or moved. */
const ROUNDS_MAX = 50;
/** About how much memory the properties and headers of a message take. */
const PROPERTIES_BYTES = 1_024;
/** How many messages are deleted side by side. */
const SLICE = 16;
/** Up to so many are got side by side. More are taken by subscriptions, each of so many at most. */
const GETS_MAX = 32;
const TAKEN_AT_ONCE = 100;
/**
 * Seven and more are taken by a subscription as well, where so many stay in the queue: RabbitMQ takes 0.8 of the CPU time of seven gets
 * for it and 0.6 of that of ten, but 1.3 of that of three. Where fewer stay, other routers may be first: a subscription that gets less
 * than it asked for waits, and what crosses its end is counted as received.
 */
const TAKEN_MIN = 7;
const BACKLOG_MIN = 200;

export interface ReceiverOptions {
  readonly channels: HoldChannels;
  readonly book: HoldBook;
  /** Whether a message was deleted while nobody held it, or before its queue was cleared. */
  readonly isDeleted: (candidate: Candidate) => boolean;
  /** Resolves when all are stored. @throws PublishError */
  readonly publish: (messages: readonly Message[]) => Promise<void>;
  readonly events: Pick<BrokerEvents, "receivedTooOften" | "fault">;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

export interface DeletedOldest {
  readonly deleted: number;
  /** Epoch milliseconds; undefined where none stayed. */
  readonly firstSentAtMs: number | undefined;
}

/** Gets messages and holds them. */
export class Receiver {
  readonly #options: ReceiverOptions;
  /** How many messages of each queue are asked for and not here. */
  readonly #asked = new Map<string, number>();

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /**
   * @param inHand what the queue's bell has taken.
   * @param ready how many more are in the queue, as of now.
   * @throws Error when nothing came since channels were lost.
   */
  async receive(
    queue: string,
    session: string,
    options: GetOptions,
    inHand: readonly Arrived[],
    ready: number,
  ): Promise<readonly HeldMessage[]> {
    const kept: Candidate[] = [];
    let arrived = inHand;
    let left = ready;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const wanted = Math.min(options.limit - kept.length - arrived.length, left);
      const { got, failure } = await this.#get(queue, wanted, left);
      left -= wanted;
      arrived = [...arrived, ...got];
      if (failure !== undefined && kept.length + arrived.length === 0) throw failure.reason;
      kept.push(...(await this.#sift(queue, arrived, options)));
      arrived = [];
      if (left === 0 || kept.length >= options.limit || bytesOf(kept) >= options.bytesMax) break;
    }
    const fitting = countThatFits(kept, options.bytesMax);
    await this.putBack(kept.slice(fitting));
    // While others were got, or put back, this router may have heard of a delete.
    const [deleted, wanted] = partition(kept.slice(0, fitting), this.#options.isDeleted);
    deleted.forEach(ack);
    const held = wanted.map((candidate) => this.#hold(candidate, session, options.invisibleMs));
    if (options.invisibleMs === 0) await Promise.all(wanted.map(({ arrived: { channel } }) => channel.barrier()));
    return held;
  }

  /**
   * Deletes the oldest messages up to the first that stays, which is put back.
   *
   * @param ready how many are in the queue, as of now.
   * @param sentBeforeMs epoch milliseconds. What does not say when it was sent stays.
   * @returns how many were deleted, and when the oldest of those was sent that were put back.
   */
  async deleteOldest(queue: string, ready: number, sentBeforeMs: number): Promise<DeletedOldest> {
    let deleted = 0;
    for (let left = ready, count = 1; left > 0; left -= count, count = Math.min(SLICE, left)) {
      const { got } = await this.#get(queue, count, left);
      const candidates = got.map((each) => candidateOf(queue, each));
      const [past, young] = partition(candidates, ({ sentAtMs = Infinity }) => sentAtMs < sentBeforeMs);
      past.forEach(ack);
      deleted += past.length;
      await this.putBack(young);
      const nowMs = this.#options.clock();
      if (young.length > 0)
        return { deleted, firstSentAtMs: Math.min(...young.map(({ sentAtMs }) => sentAtMs ?? nowMs)) };
      if (past.length < count) break;
    }
    return { deleted, firstSentAtMs: undefined };
  }

  /** Puts messages back that nobody has received: as copies, for RabbitMQ would count a return. */
  async putBack(candidates: readonly Candidate[]): Promise<void> {
    const left = await this.#store(candidates.map((candidate) => copyOf(candidate, candidate.message.queue)));
    candidates.forEach((candidate, index) => (left.has(index) ? nack(candidate) : ack(candidate)));
  }

  /** What came although some gets failed is not lost. @param ready how many are in the queue, these among them. */
  async #get(
    queue: string,
    count: number,
    ready: number,
  ): Promise<{ readonly got: readonly Arrived[]; readonly failure: PromiseRejectedResult | undefined }> {
    const { channels } = this.#options;
    const askedBefore = this.#asked.get(queue) ?? 0;
    this.#asked.set(queue, askedBefore + count);
    const gets = await Promise.allSettled<Arrived | undefined | readonly Arrived[]>(
      portions(count, ready - askedBefore).map((size) =>
        size === 1 ? channels.get(queue) : channels.getMany(queue, size),
      ),
    );
    const asked = (this.#asked.get(queue) ?? 0) - count;
    if (asked > 0) this.#asked.set(queue, asked);
    else this.#asked.delete(queue);
    return {
      got: gets.flatMap((each) => (each.status === "fulfilled" ? (each.value ?? []) : [])),
      failure: gets.find((each) => each.status === "rejected"),
    };
  }

  /** Deletes and moves what is not to be handed out. @returns the others */
  async #sift(queue: string, arrived: readonly Arrived[], options: GetOptions): Promise<readonly Candidate[]> {
    const nowMs = this.#options.clock();
    const candidates = arrived.map((each) => candidateOf(queue, each));
    const fates = candidates.map((each) => (this.#options.isDeleted(each) ? "delete" : fateOf(each, options, nowMs)));
    candidates.filter((_, index) => fates[index] === "delete").forEach(ack);
    const moving = candidates.filter((_, index) => fates[index] === "move");
    const to = options.redrive?.queue ?? queue;
    const left = await this.#store(moving.map((each) => copyOf(each, to)));
    const moved = new Set(moving.filter((_, index) => !left.has(index)));
    moved.forEach(ack);
    for (const { message, receivesBefore: receives } of moved) {
      this.#options.events.receivedTooOften({ queue, deadLetterQueue: to, messageId: message.id, receives });
    }
    // What its dead-letter queue does not take is handed out.
    return candidates.filter((each, index) => fates[index] !== "delete" && !moved.has(each));
  }

  /** @returns the places of those that are not stored. */
  #store(messages: readonly Message[]): Promise<ReadonlySet<number>> {
    const { publish, events } = this.#options;
    return placesNotStored(messages, publish, (error) =>
      events.fault("messages that were received cannot be published again", error),
    );
  }

  #hold(candidate: Candidate, session: string, invisibleMs: number): HeldMessage {
    const { arrived, message, queue, fingerprint, sentAtMs, hasOwnId, mayHaveCopies } = candidate;
    const { book, clock } = this.#options;
    const { channel, raw } = arrived;
    const nowMs = clock();
    const receivedAtMs = performance.now();
    const receives = candidate.receivesBefore + 1;
    const firstReceivedAtMs = candidate.firstReceivedAtMs ?? nowMs;
    const hold = book.add({
      queue,
      fingerprint,
      channel,
      tag: raw.fields.deliveryTag,
      sentAtMs: sentAtMs ?? nowMs,
      receivedAtMs,
      visibleAtMs: receivedAtMs + invisibleMs,
      hasOwnId,
      mayHaveCopies,
      ...(invisibleMs === 0 ? {} : { carried: carried(arrived, { session, receives, firstReceivedAtMs }) }),
    });
    if (invisibleMs === 0) book.giveBack(hold);
    const receipt = encodeReceipt(queue, { session, number: hold.number, fingerprint });
    return { message, receipt, receives, sentAtMs: hold.sentAtMs, firstReceivedAtMs };
  }
}

/** How many messages each request is for: one, as long as there are few. @param ready how many nobody here has asked for yet. */
function portions(count: number, ready: number): readonly number[] {
  const isOfBacklog = count >= TAKEN_MIN && ready - count >= BACKLOG_MIN;
  if (count <= GETS_MAX && !isOfBacklog) return Array.from({ length: count }, () => 1);
  const requests = Math.ceil(count / TAKEN_AT_ONCE);
  return Array.from({ length: requests }, (_, place) => Math.floor((count + place) / requests));
}

/** A copy of the body: it is a part of what the socket brought, all of which would be kept. */
function carried(
  { raw: { content, properties } }: Arrived,
  receive: Pick<Carried, "session" | "receives" | "firstReceivedAtMs">,
): Carried {
  return { body: Buffer.from(content), properties, ...receive, bytes: content.length + PROPERTIES_BYTES };
}

function ack({ arrived: { channel, raw } }: Candidate): void {
  channel.ack(raw.fields.deliveryTag);
}

function nack({ arrived: { channel, raw } }: Candidate): void {
  channel.nack(raw.fields.deliveryTag);
}

function partition<T>(list: readonly T[], isFirst: (each: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [list.filter(isFirst), list.filter((each) => !isFirst(each))];
}

function bytesOf(candidates: readonly Candidate[]): number {
  return candidates.reduce((sum, { message }) => sum + message.body.length, 0);
}

/** How many are handed out: up to the one with which their bodies reach the limit. */
function countThatFits(candidates: readonly Candidate[], bytesMax: number): number {
  let bytes = 0;
  for (const [index, { message }] of candidates.entries()) {
    bytes += message.body.length;
    if (bytes >= bytesMax) return index + 1;
  }
  return candidates.length;
}
