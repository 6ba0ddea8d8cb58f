import type { Channel } from "amqplib";
import { openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import { depth } from "../../inspecting/inspect.ts";
import type { Topology } from "../../topology/topology.ts";

/**
 * Counts what is ready in queues, before anything is received: RabbitMQ writes a log entry for each get of an empty queue,
 * and none for a count.
 */
export class ReadyCount {
  readonly #connection: RecoveringConnection;
  readonly #topology: Topology;
  readonly #channel: SupervisedChannel<Channel>;

  constructor(connection: RecoveringConnection, topology: Topology) {
    this.#connection = connection;
    this.#topology = topology;
    this.#channel = new SupervisedChannel(connection, openChannel);
  }

  start(): Promise<void> {
    return this.#channel.start();
  }

  end(): Promise<void> {
    return this.#channel.end();
  }

  /** Undefined when there is no such queue. One that was declared before is made again. @throws QueueRefusedError */
  async of(queue: string): Promise<number | undefined> {
    const isDeclared = this.#topology.find(queue) !== undefined;
    const shared = this.#channel.current;
    // A queue that is not there closes the channel that asks for it, so only those of ours share one.
    if (isDeclared && shared !== undefined) {
      const asked = await answerTo("a passive declare", shared.checkQueue(queue)).catch(() => undefined);
      if (asked !== undefined) return asked.messageCount;
    }
    const ready = (await depth(this.#connection, queue))?.ready;
    if (ready !== undefined || !isDeclared) return ready;
    await this.#topology.declareAgain(this.#connection.model, queue);
    return 0;
  }
}
