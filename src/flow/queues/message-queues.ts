import { isFifoQueue } from "../../domain/queue/fifo.ts";
import type { Message } from "../../domain/queue/message.ts";
import type { QueueConfig } from "../../domain/queue/queue-config.ts";
import { queueSetting } from "../../domain/queue/queue-config.ts";
import type { Broker } from "../../ports/broker/broker.ts";
import type { FifoGetOptions, FifoQueues } from "../../ports/broker/fifo-queues.ts";
import type { QueueHolds } from "../../ports/broker/holds.ts";
import { HoldLimitError } from "../../ports/broker/holds.ts";
import { PublishError } from "../../ports/broker/publisher.ts";
import type { QueueObserver } from "../../ports/queue-observer.ts";
import type {
  MessageQueues,
  OutgoingMessage,
  ReceivedMessages,
  ReceiveRefusal,
  ReceiveRequest,
  SentMessage,
} from "../../ports/message-queues.ts";
import { RECEIVE_BYTES_MAX } from "../../ports/message-queues.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import { Shares } from "../budget/shares.ts";
import { LongPolls } from "./long-polls.ts";

/** Polls that wait at once. Principals share them. */
const POLLS_MAX = 10_000;
const PURGE_INTERVAL_MS = 60_000;

export interface RouterQueuesOptions {
  readonly broker: Pick<Broker, "publish" | "holds" | "fifo">;
  readonly inFlight: Pick<InFlightBytes, "deliveryRoomBytes" | "take" | "release">;
  readonly observer: QueueObserver;
  /** Epoch milliseconds. */
  readonly nowMs: () => number;
}

/** The queues of a router, for those who receive messages for a time. */
export class RouterQueues implements MessageQueues {
  readonly #options: RouterQueuesOptions;
  readonly #polls: LongPolls<ReceivedMessages | ReceiveRefusal>;
  readonly #waiting = new Shares();
  readonly #purgedAtMs = new Map<string, number>();

  constructor(options: RouterQueuesOptions) {
    this.#options = options;
    const bell: QueueHolds["bell"] = (queue, signal) =>
      (isFifoQueue(queue) ? this.#fifo : this.#holds).bell(queue, signal);
    this.#polls = new LongPolls({ bell });
  }

  get observer(): QueueObserver {
    return this.#options.observer;
  }

  /** Polls that wait, by queue. */
  get waitingPolls(): ReadonlyMap<string, number> {
    return this.#polls.waitingByQueue;
  }

  /** Polls that wait. */
  get waiting(): number {
    return this.#polls.waiting;
  }

  get #holds(): QueueHolds {
    return this.#options.broker.holds;
  }

  get #fifo(): FifoQueues {
    return this.#options.broker.fifo;
  }

  #holdsOf({ fifo }: Pick<QueueConfig, "fifo">): FifoQueues | QueueHolds {
    return fifo === true ? this.#fifo : this.#holds;
  }

  async send(queue: QueueConfig, outgoing: readonly OutgoingMessage[]): Promise<readonly (SentMessage | undefined)[]> {
    if (queue.fifo === true) {
      const messages = outgoing.map(({ id, body, headers }): Message => ({ queue: queue.name, id, body, headers }));
      const delayMs = queueSetting(queue, "delaySeconds") * 1_000;
      const sent = await this.#fifo.send(messages, { delayMs });
      const stored = sent.filter((each, at) => each !== undefined && each.id === outgoing[at]?.id).length;
      this.observer.sent(queue.name, stored);
      this.observer.duplicated(queue.name, sent.filter((each) => each !== undefined).length - stored);
      return sent;
    }
    const failed = new Set<string>();
    const byDelay = Map.groupBy(outgoing, ({ delaySeconds }) => delaySeconds ?? queueSetting(queue, "delaySeconds"));
    await Promise.all(
      [...byDelay].map(async ([delaySeconds, group]) => {
        const messages = group.map(({ id, body, headers }): Message => ({ queue: queue.name, id, body, headers }));
        try {
          await this.#options.broker.publish(
            messages,
            delaySeconds === 0 ? undefined : { delayMs: delaySeconds * 1_000 },
          );
        } catch (error) {
          if (!(error instanceof PublishError)) throw error;
          for (const { index } of error.failures) failed.add(messages[index]?.id ?? "");
        }
      }),
    );
    this.observer.sent(queue.name, outgoing.length - failed.size);
    return outgoing.map(({ id }) => (failed.has(id) ? undefined : { id }));
  }

  async receive(queue: QueueConfig, request: ReceiveRequest): Promise<ReceivedMessages | ReceiveRefusal> {
    const received = await this.#receive(queue, request);
    if (typeof received === "string") return received;
    const nowMs = this.#options.nowMs();
    this.observer.received(
      queue.name,
      received.messages.map(({ sentAtMs }) => (nowMs - sentAtMs) / 1_000),
    );
    return received;
  }

  async #receive(queue: QueueConfig, request: ReceiveRequest): Promise<ReceivedMessages | ReceiveRefusal> {
    const { share, signal, onWait } = request;
    const at = await this.#ask(queue, request);
    const waitSeconds = request.waitSeconds ?? queueSetting(queue, "receiveWaitSeconds");
    if (typeof at === "string" || at.messages.length > 0 || waitSeconds === 0) return at;
    if (!this.#waiting.hasRoom(share, 1, POLLS_MAX)) return "no-room";
    this.#waiting.take(share, 1);
    onWait();
    try {
      const answer = await this.#polls.wait(queue.name, {
        ask: async () => {
          const asked = await this.#ask(queue, request);
          return typeof asked !== "string" && asked.messages.length === 0 ? undefined : asked;
        },
        giveBack: async (asked) => {
          if (typeof asked === "string") return;
          asked.release();
          await this.#giveBack(queue, asked.messages);
        },
        waitMs: waitSeconds * 1_000,
        signal,
      });
      return answer ?? NOTHING;
    } finally {
      this.#waiting.release(share, 1);
    }
  }

  ready(queue: QueueConfig, signal: AbortSignal): Promise<boolean> {
    return this.#holdsOf(queue).bell(queue.name, signal);
  }

  async delete(queue: QueueConfig, receipts: readonly string[]) {
    const outcomes = await this.#holdsOf(queue).delete(queue.name, receipts);
    this.observer.deleted(queue.name, outcomes.filter((outcome) => outcome === "deleted").length);
    return outcomes;
  }

  async hide(queue: QueueConfig, changes: readonly { readonly receipt: string; readonly invisibleMs: number }[]) {
    const outcomes = await this.#holdsOf(queue).hide(queue.name, changes);
    const isBack = (_: unknown, at: number): boolean => outcomes[at] === "changed" && changes[at]?.invisibleMs === 0;
    this.observer.givenBack(queue.name, changes.filter(isBack).length);
    return outcomes;
  }

  requireBrowsable(queue: QueueConfig): void {
    this.#holdsOf(queue).requireBrowsable(queue.name);
  }

  counts(queue: QueueConfig) {
    return this.#holdsOf(queue).counts(queue.name);
  }

  countsOfOneRouter(queue: QueueConfig): boolean {
    return this.#holdsOf(queue).countsOfOneRouter;
  }

  oldestSentAtMs(queue: QueueConfig) {
    return this.#holdsOf(queue).oldestSentAtMs(queue.name);
  }

  async purge(queue: QueueConfig): Promise<boolean> {
    const { name } = queue;
    const nowMs = this.#options.nowMs();
    const hereAgoMs = nowMs - (this.#purgedAtMs.get(name) ?? -Infinity);
    const agoMs = Math.min(hereAgoMs, this.#holdsOf(queue).clearedAgoMs(name) ?? Infinity);
    if (agoMs < PURGE_INTERVAL_MS) return false;
    this.#purgedAtMs.set(name, nowMs);
    try {
      await this.#holdsOf(queue).clear(name);
    } catch (error) {
      this.#purgedAtMs.delete(name);
      throw error;
    }
    return true;
  }

  /** Deletes what is past its queue's retention. */
  async expire(queues: Iterable<QueueConfig>): Promise<void> {
    for (const queue of queues) {
      const { name, messageRetentionSeconds: seconds } = queue;
      if (seconds !== undefined) await this.#holdsOf(queue).expire(name, seconds * 1_000);
    }
  }

  /** Answers everybody who waits. */
  stop(): void {
    this.#polls.stop();
  }

  async #ask(queue: QueueConfig, request: ReceiveRequest): Promise<ReceivedMessages | ReceiveRefusal> {
    const { inFlight } = this.#options;
    if (inFlight.deliveryRoomBytes < RECEIVE_BYTES_MAX) return "no-room";
    // Counted before they are there: others ask meanwhile.
    inFlight.take(RECEIVE_BYTES_MAX);
    let bytes = 0;
    try {
      const messages = await this.#holdsOf(queue).getMany(queue.name, optionsOf(queue, request));
      if (messages === undefined) return "no-queue";
      if (messages.length === 0) return NOTHING;
      bytes = messages.reduce((sum, { message: { body } }) => sum + body.length, 0);
      inFlight.take(bytes);
      return { messages, release: () => inFlight.release(bytes) };
    } catch (error) {
      if (error instanceof HoldLimitError) return "too-many-held";
      throw error;
    } finally {
      inFlight.release(RECEIVE_BYTES_MAX);
    }
  }

  async #giveBack(queue: QueueConfig, messages: ReceivedMessages["messages"]): Promise<void> {
    const changes = messages.map(({ receipt }) => ({ receipt, invisibleMs: 0 }));
    await this.#holdsOf(queue).hide(queue.name, changes);
  }
}

const NOTHING: ReceivedMessages = { messages: [], release: () => undefined };

function optionsOf(queue: QueueConfig, { limit, visibilityTimeoutSeconds, attemptId }: ReceiveRequest): FifoGetOptions {
  const { messageRetentionSeconds, redrivePolicy } = queue;
  return {
    limit,
    bytesMax: RECEIVE_BYTES_MAX,
    attemptId,
    invisibleMs: (visibilityTimeoutSeconds ?? queueSetting(queue, "visibilityTimeoutSeconds")) * 1_000,
    ...(messageRetentionSeconds === undefined ? {} : { retentionMs: messageRetentionSeconds * 1_000 }),
    ...(redrivePolicy === undefined || redrivePolicy.queue === queue.name
      ? {}
      : { redrive: { queue: redrivePolicy.queue, receivesMax: redrivePolicy.maxReceiveCount } }),
  };
}
