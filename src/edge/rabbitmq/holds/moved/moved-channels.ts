import { randomUUID } from "node:crypto";
import type { Channel, ConsumeMessage } from "amqplib";
import { HELD_QUEUE } from "../../../../domain/queue/queues.ts";
import { openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import type { Topology } from "../../topology/topology.ts";
import { HOLDS_A_CHANNEL, HoldChannel } from "../receiving/hold-channel.ts";
import type { Arrived } from "../receiving/hold-channels.ts";

/** With what other routers leave behind, a router may have twice what it hands out itself. */
const CHANNELS_MAX = 200;

export interface MovedChannelsOptions {
  readonly connection: RecoveringConnection;
  readonly topology: Topology;
  readonly arrived: (arrived: Arrived & { readonly raw: ConsumeMessage }) => void;
  /** Called when a channel has closed: what came over it is back in the queue. */
  readonly lost: (channel: HoldChannel) => void;
}

/** Consumes `busbar.sqs.held`, with one channel more whenever all are full. */
export class MovedChannels {
  readonly #options: MovedChannelsOptions;
  readonly #supervised: SupervisedChannel<Channel>[] = [];
  /** Those that are subscribed now, with the tag of the subscription. */
  readonly #open = new Map<HoldChannel, string>();
  #isEnded = false;

  constructor(options: MovedChannelsOptions) {
    this.#options = options;
  }

  /** How many consumers of the queue are this router's. */
  get count(): number {
    return this.#open.size;
  }

  start(): Promise<void> {
    return this.#add();
  }

  /** Nothing more comes. What has come stays unacked until `end`. */
  async cancel(): Promise<void> {
    this.#isEnded = true;
    const cancelling = [...this.#open].map(([{ channel }, consumerTag]) => channel.cancel(consumerTag));
    await answerTo("cancelling", Promise.allSettled(cancelling)).catch(() => undefined);
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    await Promise.all(this.#supervised.map((channel) => channel.end()));
  }

  async #add(): Promise<void> {
    const { connection } = this.#options;
    const supervised = new SupervisedChannel(connection, async (model) => {
      // Somebody may have deleted it.
      await this.#options.topology.declareAgain(model, HELD_QUEUE);
      return await this.#subscribe(await openChannel(model));
    });
    this.#supervised.push(supervised);
    await supervised.start();
  }

  async #subscribe(raw: Channel): Promise<Channel> {
    const channel = new HoldChannel(raw, () => undefined);
    raw.once("close", () => {
      this.#open.delete(channel);
      this.#options.lost(channel);
    });
    await answerTo("setting the prefetch", raw.prefetch(HOLDS_A_CHANNEL));
    const onMessage = (message: ConsumeMessage | null): void => {
      // Without a message the queue was deleted: a new channel makes it again.
      if (message === null) void raw.close().catch(() => undefined);
      else this.#arrived(channel, message);
    };
    const consumerTag = randomUUID();
    await answerTo(`consuming queue "${HELD_QUEUE}"`, raw.consume(HELD_QUEUE, onMessage, { consumerTag }));
    if (channel.isOpen) this.#open.set(channel, consumerTag);
    return raw;
  }

  #arrived(channel: HoldChannel, raw: ConsumeMessage): void {
    if (!channel.isOpen) return;
    channel.hold();
    this.#options.arrived({ channel, raw });
    const isFull = [...this.#open.keys()].every((each) => each.isFull);
    if (isFull && !this.#isEnded && this.#open.size === this.#supervised.length && this.#open.size < CHANNELS_MAX)
      void this.#add();
  }
}
