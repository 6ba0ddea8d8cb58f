import type { Channel } from "amqplib";
import { SharedRuns } from "../../../../async/shared-runs.ts";
import { openChannel } from "../../connection/channels.ts";
import type { RecoveringConnection } from "../../connection/connection.ts";
import { answerTo } from "../../connection/rpc.ts";
import { SupervisedChannel } from "../../connection/supervised-channel.ts";
import { depth } from "../../inspecting/inspect.ts";
import type { Topology } from "../../topology/topology.ts";

/**
 * Counts what is ready in queues, before anything is received: RabbitMQ writes a log entry for each get of an empty queue,
 * and none for a count. A channel counts one queue at a time, so those who wait for the same queue share a count.
 */
export class ReadyCount {
  readonly #connection: RecoveringConnection;
  readonly #topology: Topology;
  readonly #channel: SupervisedChannel<Channel>;
  readonly #counts = new SharedRuns((queue) => this.#count(queue));

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

  /** As of a moment after the call. Undefined when there is no such queue; one that was declared before is made again. @throws QueueRefusedError */
  of(queue: string): Promise<number | undefined> {
    return this.#counts.ask(queue);
  }

  async #count(queue: string): Promise<number | undefined> {
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
