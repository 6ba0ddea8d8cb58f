import { within } from "../../../async/time-limit.ts";
import type { Step } from "./step.ts";
import type { Channel, ChannelModel } from "amqplib";
import type { Retention } from "../../../domain/archive/archive.ts";
import type { QueueDeclaration } from "../../../domain/queue/declaration.ts";
import { isFifoQueue } from "../../../domain/queue/fifo.ts";
import { declarationOf, HELD_QUEUE, SYSTEM_QUEUES, UNDELIVERABLE_QUEUE } from "../../../domain/queue/queues.ts";
import { closeChannel, openChannel, replyCode } from "../connection/channels.ts";
import { deliveryStep, ladderSteps } from "./delay-ladder.ts";
import { streamArguments } from "../streams/stream-arguments.ts";
import { firstQueueArguments, queueArguments } from "./queue-arguments.ts";

/** Every router's own queue is bound to it. */
export const ROUTERS_EXCHANGE = "busbar.routers";

/** Making a quorum queue on a busy cluster takes its time. */
const STEP_TIMEOUT_MS = 30_000;
const CHANNELS_MAX = 8;

/** What every router makes, whatever its configuration. The last queue is the delay ladder's. */
export const OWN_QUEUES = [...SYSTEM_QUEUES, declarationOf(HELD_QUEUE), declarationOf(UNDELIVERABLE_QUEUE)];

/**
 * Everything there must be on the broker: what Busbar itself needs, and all queues declared so far. Steps that
 * the broker refuses, such as a queue that exists with other arguments, are reported once and keep nothing else from being made.
 */
export class Topology {
  readonly #fault: (message: string, error: unknown) => void;
  readonly #declared = new Map(OWN_QUEUES.map((queue) => [queue.name, queue]));
  /** The queues that are being made again, by name. */
  readonly #making = new Map<string, Promise<void>>();
  /** What is refused now, so that it is reported when it begins and not on each reconnect. */
  readonly #refused = new Set<string>();

  constructor(fault: (message: string, error: unknown) => void) {
    this.#fault = fault;
  }

  remember(queues: readonly QueueDeclaration[]): void {
    for (const queue of queues) this.#declared.set(queue.name, queue);
  }

  forget(queue: string): void {
    this.#declared.delete(queue);
  }

  find(queue: string): QueueDeclaration | undefined {
    return this.#declared.get(queue);
  }

  async declareAll(model: ChannelModel): Promise<void> {
    const ownQueues = OWN_QUEUES.map((queue) => queueStep(queue));
    const routers: Step = {
      what: `exchange "${ROUTERS_EXCHANGE}"`,
      run: (channel) => channel.assertExchange(ROUTERS_EXCHANGE, "fanout"),
    };
    await this.#run(model, [[...ownQueues, ...ladderSteps(), routers]]);
    // More may be declared or forgotten meanwhile: the connection does not count as there yet.
    const made = new Set<string>();
    for (let queues = [...this.#declared.values()]; queues.length > 0;) {
      await this.declare(model, queues);
      for (const { name } of queues) made.add(name);
      queues = [...this.#declared.values()].filter(({ name }) => !made.has(name));
    }
  }

  async declare(model: ChannelModel, queues: readonly QueueDeclaration[]): Promise<void> {
    await this.#run(
      model,
      queues.map((queue) =>
        queue.retention === undefined ? [queueStep(queue), deliveryStep(queue)] : [streamStep(queue, queue.retention)],
      ),
    );
  }

  /**
   * Makes a queue again that was declared before and is missing. It is made once for all callers at the same time: while
   * a quorum queue is being made, RabbitMQ answers a second declare that it is there, and nacks what is published to it.
   */
  declareAgain(model: ChannelModel | undefined, queue: string): Promise<void> {
    const declaration = this.find(queue);
    if (declaration === undefined || model === undefined) return Promise.resolve();
    const making = this.#making.get(queue);
    if (making !== undefined) return making;
    const made = this.declare(model, [declaration]).finally(() => this.#making.delete(queue));
    this.#making.set(queue, made);
    return made;
  }

  /**
   * Whether a queue has the properties that it would be made with, and takes any number of consumers; false for one that was not declared here, and where
   * the router may not declare it. It is made if it has just gone.
   *
   * @throws TimeLimitError after 30 s.
   */
  async isAsDeclared(model: ChannelModel, queue: string): Promise<boolean> {
    const declaration = this.find(queue);
    if (declaration === undefined || declaration.retention !== undefined) return false;
    if (declaration.singleActiveConsumer) return false;
    const declared = onOwnChannel(model, async (channel) => {
      await channel.assertQueue(queue, { arguments: queueArguments(declaration) });
      await deliveryStep(declaration).run(channel, model);
    });
    return await within(STEP_TIMEOUT_MS, `declaring queue "${queue}"`, declared).catch((error: unknown) => {
      if (replyCode(error) === 403) return false;
      throw error;
    });
  }

  /** Each list in order, the lists side by side on a few channels. */
  async #run(model: ChannelModel, lists: readonly (readonly Step[])[]): Promise<void> {
    const waiting = [...lists];
    const workers = Array.from({ length: Math.min(CHANNELS_MAX, lists.length) }, () => this.#work(model, waiting));
    await Promise.all(workers);
  }

  async #work(model: ChannelModel, waiting: (readonly Step[])[]): Promise<void> {
    let channel = await openChannel(model);
    for (let steps = waiting.shift(); steps !== undefined; steps = waiting.shift()) {
      for (const step of steps) {
        const made = await this.#attempt(step, channel, model);
        if (made) continue;
        await closeChannel(channel); // mostly closed already: that is how the broker refuses
        channel = await openChannel(model);
      }
    }
    await closeChannel(channel);
  }

  async #attempt(step: Step, channel: Channel, model: ChannelModel): Promise<boolean> {
    try {
      await within(STEP_TIMEOUT_MS, `making ${step.what}`, step.run(channel, model));
      this.#refused.delete(step.what);
      return true;
    } catch (error) {
      if (replyCode(error) === undefined) throw error; // the connection is lost or stalled
      if (!this.#refused.has(step.what)) this.#fault(`RabbitMQ refuses ${step.what}`, error);
      this.#refused.add(step.what);
      return false;
    }
  }
}

function queueStep(queue: QueueDeclaration): Step {
  return {
    what: `queue "${queue.name}"`,
    run: async (channel, model) => {
      // A FIFO queue must have a single active consumer, whoever made it.
      const isAsFound = queue.owner === "user" && !isFifoQueue(queue.name);
      if (isAsFound && (await exists(model, queue.name))) return;
      const made = await onOwnChannel(model, (own) =>
        own.assertQueue(queue.name, { arguments: queueArguments(queue) }),
      );
      // Rejects, as the step's own failure, where the queue has neither the one nor the other.
      if (!made) await channel.assertQueue(queue.name, { arguments: firstQueueArguments(queue) });
    },
  };
}

/** A stream, to which nothing is delayed. The name of an archive's says its retention, so nothing else has it. */
function streamStep({ name, owner }: QueueDeclaration, { days, bytes }: Retention): Step {
  const bounds = {
    ...(days === undefined ? {} : { ageMsMax: days * 86_400_000 }),
    ...(bytes === undefined ? {} : { bytesMax: bytes }),
  };
  return {
    what: `stream "${name}"`,
    run: async (channel, model) => {
      if (owner === "user" && (await exists(model, name))) return;
      await channel.assertQueue(name, { arguments: streamArguments(bounds) });
    },
  };
}

/** Whether there is such a queue, whatever its arguments. On a channel of its own, which a "no" closes. */
async function exists(model: ChannelModel, queue: string): Promise<boolean> {
  return await onOwnChannel(model, (channel) => channel.checkQueue(queue));
}

/** Resolves with whether RabbitMQ took it; false for a queue that is not there (404) or has other arguments (406). */
async function onOwnChannel(model: ChannelModel, ask: (channel: Channel) => Promise<unknown>): Promise<boolean> {
  const channel = await openChannel(model);
  try {
    await ask(channel);
    return true;
  } catch (error) {
    if (replyCode(error) === 404 || replyCode(error) === 406) return false;
    throw error;
  } finally {
    await closeChannel(channel);
  }
}
