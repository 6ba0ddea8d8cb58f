import type { GetMessage } from "amqplib";
import { QueueRefusedError } from "../../../../ports/broker/inspector.ts";
import { closeChannel, replyCode } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { NotConnectedError } from "../../connection/connection.ts";
import type { OneOffChannel } from "../../connection/one-off-channel.ts";
import { openOneOffChannel } from "../../connection/one-off-channel.ts";
import { answerTo } from "../../connection/rpc.ts";
import type { Server } from "../../connection/server.ts";
import { asQueueRefusal } from "../../inspecting/queue-refusal.ts";
import type { Topology } from "../../topology/topology.ts";
import { HoldChannel } from "./hold-channel.ts";

/** How long a refusal is answered without asking again: each question is a connection. */
const REFUSED_MS = 5_000;
/** A settled message's connection is closed so much later, when the answer to the settling is here. */
const CLOSE_AFTER_MS = 1_000;

/** What the first get of a queue brought, over a connection of its own. */
export interface FirstGot {
  readonly channel: HoldChannel;
  /** Undefined when nothing was ready. */
  readonly raw: GetMessage | undefined;
}

/**
 * Finds out whether a queue can be got from, once for each queue and connection. RabbitMQ closes the channel of a get from a
 * quorum queue with a single active consumer (405), and the connection of one from a stream (540). Either would
 * make visible what this router holds.
 *
 * A queue that RabbitMQ takes a declaration of, with our arguments, is neither. Any other was made by somebody else: its first
 * message is got over a connection that carries nothing else, and stays there until it is settled. Put back, it
 * would lose its place or be counted as received.
 */
export class FirstGets {
  readonly #server: Server;
  readonly #connection: Pick<RecoveringConnection, "model">;
  readonly #topology: Pick<Topology, "isAsDeclared">;
  readonly #known = new Set<string>();
  readonly #asking = new Map<string, Promise<FirstGot | undefined>>();
  /** Connections with a message in somebody's hands. */
  readonly #open = new Set<OneOffChannel>();

  constructor(
    server: Server,
    connection: Pick<RecoveringConnection, "model">,
    topology: Pick<Topology, "isAsDeclared">,
  ) {
    this.#server = server;
    this.#connection = connection;
    this.#topology = topology;
  }

  /** Whether the queue can be got from: false where only a get can tell. */
  async isKnown(queue: string): Promise<boolean> {
    if (this.#known.has(queue)) return true;
    const { model } = this.#connection;
    if (model === undefined) throw new NotConnectedError();
    if (await this.#topology.isAsDeclared(model, queue)) this.#known.add(queue);
    return this.#known.has(queue);
  }

  /**
   * Does the first get of a queue. Undefined where the caller has to get for itself, since the queue is known.
   *
   * @throws QueueRefusedError each time for a queue that cannot be got from; Error when RabbitMQ cannot be reached.
   */
  async get(queue: string): Promise<FirstGot | undefined> {
    if (this.#known.has(queue)) return undefined;
    const asking = this.#asking.get(queue);
    if (asking !== undefined) {
      await asking;
      return undefined;
    }
    const asked = this.#ask(queue);
    this.#asking.set(queue, asked);
    try {
      const got = await asked;
      this.#asking.delete(queue);
      return got;
    } catch (error) {
      const forget = (): void => void this.#asking.delete(queue);
      if (error instanceof QueueRefusedError) setTimeout(forget, REFUSED_MS).unref();
      else forget();
      throw error;
    }
  }

  /** To be called when a get has failed: the queue may be another one now. */
  forget(queue: string): void {
    this.#known.delete(queue);
  }

  /** Ends the connections of this, and forgets all queues. What they held is visible again, as on the lost connection. */
  async reset(): Promise<void> {
    this.#known.clear();
    const open = [...this.#open];
    this.#open.clear();
    await Promise.all(open.map((oneOff) => oneOff.close()));
  }

  async #ask(queue: string): Promise<FirstGot | undefined> {
    if (await this.isKnown(queue)) return undefined;
    const oneOff = await openOneOffChannel(this.#server);
    this.#open.add(oneOff);
    try {
      const got = await answerTo(`receiving from queue "${queue}"`, oneOff.channel.get(queue));
      this.#known.add(queue);
      const close = (): void => void setTimeout(() => void this.#close(oneOff), CLOSE_AFTER_MS).unref();
      const channel = new HoldChannel(oneOff.channel, close);
      if (got === false) void this.#close(oneOff);
      return { channel, raw: got === false ? undefined : got };
    } catch (error) {
      void this.#close(oneOff);
      throw refusalOf(queue, oneOff.closedBecause() ?? error);
    }
  }

  async #close(oneOff: OneOffChannel): Promise<void> {
    if (!this.#open.delete(oneOff)) return;
    await closeChannel(oneOff.channel);
    await oneOff.close();
  }
}

/** A queue that another connection has locked would have refused to be counted. */
function refusalOf(queue: string, error: unknown): unknown {
  if (replyCode(error) !== 405) return asQueueRefusal(queue, error);
  const because = "has a single active consumer, and cannot be read message by message";
  return new QueueRefusedError("kind", `queue "${queue}" ${because}`, { cause: error });
}
