import type { ChannelModel, ConfirmChannel, Options } from "amqplib";
import { IllegalOperationError } from "amqplib";
import { MESSAGE_BYTES_MAX } from "../../../domain/queue/message.ts";
import type { BrokerState } from "../../../ports/broker/broker.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import type { PublishFailure, PublishFailureReason } from "../../../ports/broker/publisher.ts";
import type { RecoveringConnection } from "../connection/connection.ts";
import { openConfirmChannel } from "../connection/channels.ts";
import { SupervisedChannel } from "../connection/supervised-channel.ts";
import type { Connection } from "../connection/supervised-channel.ts";

/** Without a quorum the broker says nothing at all: no error, no `blocked`, no nack. Confirms just stop. */
const CONFIRM_TIMEOUT_MS = 5_000;
/** A peer that stalls leaves what we write in our memory. amqplib counts frames and not bytes, so count here. */
const UNCONFIRMED_BYTES_MAX = 256 * 1024 * 1024;

/** A `RecoveringConnection`, as far as a publisher needs it. */
type BlockableConnection = Connection & Pick<RecoveringConnection, "blocked">;

/** A message with the way it goes. */
export interface Outgoing {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly options: Options.Publish;
}

/**
 * Publishes on one confirm channel. Every message ends confirmed, refused or timed out; nothing is buffered for
 * later. A message that was confirmed after its time-out is stored although its publish was rejected.
 */
export class RabbitMqPublisher {
  readonly #connection: BlockableConnection;
  readonly #channel: SupervisedChannel<ConfirmChannel>;
  readonly #confirmed: (seconds: number) => void;
  /**
   * How many messages came back that a confirm is still to come for, by where they went and their ids: a return names
   * no more than that, and always precedes its confirm.
   */
  readonly #returned = new Map<string, number>();
  readonly #batches = new Set<Promise<unknown>>();
  #unconfirmedBytes = 0;

  /**
   * `prepare` runs before a channel is opened. With `again` it is not the first one of its connection: the one before
   * may have been closed because an exchange is gone.
   * `confirmed` is called with the seconds from publish to confirm of each call that succeeds.
   * `closed` is called with RabbitMQ's reason when it closes the channel.
   */
  constructor(
    connection: BlockableConnection,
    prepare: (model: ChannelModel, again: boolean) => Promise<void>,
    confirmed: (seconds: number) => void,
    closed: (error: Error) => void = () => undefined,
  ) {
    let opened: ChannelModel | undefined;
    this.#channel = new SupervisedChannel(connection, async (model) => {
      const again = opened === model;
      opened = model;
      await prepare(model, again);
      const channel = await openConfirmChannel(model);
      channel.on("error", closed);
      this.#returned.clear();
      channel.on("return", ({ fields, properties }) => {
        const key = returnKey(fields.exchange, fields.routingKey, properties.messageId);
        this.#returned.set(key, (this.#returned.get(key) ?? 0) + 1);
      });
      return channel;
    });
    this.#connection = connection;
    this.#confirmed = confirmed;
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  get state(): BrokerState {
    if (this.#channel.current === undefined) return "disconnected";
    return this.#connection.blocked ? "blocked" : "connected";
  }

  /** Resolves when all are confirmed, rejects with `PublishError` within 5 s. Empty lists are fine. */
  async publish(messages: readonly Outgoing[]): Promise<void> {
    const startedAtMs = performance.now();
    const batch = new Batch(messages.length, () => (this.#connection.blocked ? "blocked" : "timeout"));
    this.#batches.add(batch.done);
    messages.forEach((message, index) => this.#send(message, (failure) => batch.settle(index, failure)));
    const failures = await batch.done;
    this.#batches.delete(batch.done);
    if (failures.length > 0) throw new PublishError(failures);
    this.#confirmed((performance.now() - startedAtMs) / 1000);
  }

  /** Waits for what is in flight, at most as long as a confirm may take. */
  async end(): Promise<void> {
    await Promise.all(this.#batches);
    await this.#channel.end();
  }

  #send({ exchange, routingKey, body, options }: Outgoing, settle: (failure?: PublishFailureReason) => void): void {
    const channel = this.#channel.current;
    if (channel === undefined) return settle("disconnected");
    if (this.#connection.blocked || this.#unconfirmedBytes + body.length > UNCONFIRMED_BYTES_MAX)
      return settle("blocked");
    // Sent, it would close the channel under everybody else's messages.
    if (body.length > MESSAGE_BYTES_MAX) return settle("unstorable");

    const confirmed = (error: unknown): void => {
      this.#unconfirmedBytes -= body.length;
      const returned = this.#takeReturn(exchange, routingKey, options.messageId);
      if (error === null) return settle(returned ? "unroutable" : undefined);
      settle(this.#channel.current === channel ? "refused" : "disconnected");
    };
    try {
      channel.publish(exchange, routingKey, body, options, confirmed);
    } catch (error) {
      // Either the channel has just gone, or the message cannot be encoded: its id is too long, say.
      return settle(error instanceof IllegalOperationError ? "disconnected" : "unstorable");
    }
    this.#unconfirmedBytes += body.length;
  }

  /** Whether a message that is confirmed now came back before. */
  #takeReturn(exchange: string, routingKey: string, id: unknown): boolean {
    if (this.#returned.size === 0) return false;
    const key = returnKey(exchange, routingKey, id);
    const count = this.#returned.get(key) ?? 0;
    if (count > 1) this.#returned.set(key, count - 1);
    else this.#returned.delete(key);
    return count > 0;
  }
}

function returnKey(exchange: string, routingKey: string, id: unknown): string {
  return JSON.stringify([exchange, routingKey, id]);
}

/** The messages of one `publish`, each settled once: by its confirm, or by the time-out of them all. */
class Batch {
  readonly done: Promise<readonly PublishFailure[]>;
  readonly #settled: boolean[];
  readonly #failures: PublishFailure[] = [];
  readonly #finish: () => void;
  #unsettled: number;

  constructor(size: number, reasonOfTimeout: () => PublishFailureReason) {
    this.#settled = Array<boolean>(size).fill(false);
    this.#unsettled = size;
    const { promise, resolve } = Promise.withResolvers<readonly PublishFailure[]>();
    const timer = setTimeout(() => {
      for (const index of this.#settled.keys()) this.settle(index, reasonOfTimeout());
    }, CONFIRM_TIMEOUT_MS);
    this.done = promise;
    this.#finish = () => {
      clearTimeout(timer);
      resolve(this.#failures);
    };
    if (size === 0) this.#finish();
  }

  settle(index: number, reason?: PublishFailureReason): void {
    if (this.#settled[index]) return;
    this.#settled[index] = true;
    this.#unsettled -= 1;
    if (reason !== undefined) this.#failures.push({ index, reason });
    if (this.#unsettled === 0) this.#finish();
  }
}
