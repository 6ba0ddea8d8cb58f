import { randomUUID } from "node:crypto";
import type { ChannelModel } from "amqplib";
import { LOG_BYTES_MAX } from "../../../ports/broker/log.ts";
import { PublishError } from "../../../ports/broker/publisher.ts";
import { CONTROL_LOG } from "../../../domain/queue/queues.ts";
import type { Server } from "../connection/server.ts";
import { RecoveringConnection } from "../connection/connection.ts";
import { LogReader } from "./log-reader.ts";
import { RabbitMqPublisher } from "../publishing/publisher.ts";
import { declareStream } from "../streams/stream.ts";

/**
 * The control log is a stream: durable, replicated, read by everybody from the start. It has a connection of its own,
 * since RabbitMQ closes the whole connection of who reads a stream that is not quite there: measured on 4.3 right
 * after a node was killed, and on 3.10 at a node without a replica of the stream.
 */
export class RabbitMqControlLog {
  readonly #connection: RecoveringConnection;
  readonly #publisher: RabbitMqPublisher;
  readonly #fault: (message: string, error: unknown) => void;
  readonly #readers: LogReader[] = [];

  private constructor(connection: RecoveringConnection, fault: (message: string, error: unknown) => void) {
    this.#connection = connection;
    this.#fault = fault;
    this.#publisher = new RabbitMqPublisher(
      connection,
      (model, again) => (again ? declareControlLog(model) : Promise.resolve()),
      () => undefined,
    );
  }

  /** Resolves once it is connected. The connections that carry the events report outages; this one does not. */
  static async open(server: Server, fault: (message: string, error: unknown) => void): Promise<RabbitMqControlLog> {
    const ignore = (): void => undefined;
    const connection = await RecoveringConnection.open(server, "busbar control", {
      prepare: () => Promise.resolve(),
      connected: ignore,
      disconnected: ignore,
      blocked: ignore,
      unblocked: ignore,
    });
    const log = new RabbitMqControlLog(connection, fault);
    await log.#publisher.start();
    return log;
  }

  async append(record: Buffer): Promise<void> {
    const options = { messageId: randomUUID(), persistent: true, mandatory: true };
    const outgoing = { exchange: "", routingKey: CONTROL_LOG, body: record, options };
    try {
      await this.#publisher.publish([outgoing]);
    } catch (error) {
      const { model } = this.#connection;
      if (!isMissing(error) || model === undefined) throw error;
      await declareControlLog(model);
      await this.#publisher.publish([outgoing]);
    }
  }

  async follow(listener: (record: Buffer) => void): Promise<void> {
    const reader = new LogReader({
      connection: this.#connection,
      declare: declareControlLog,
      mark: () => this.append(Buffer.alloc(0)),
      listener,
      fault: this.#fault,
    });
    this.#readers.push(reader);
    await reader.start();
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.end()));
    await this.#publisher.end();
    await this.#connection.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof PublishError && error.failures.some(({ reason }) => reason === "unroutable");
}

/** Makes the stream. One that exists with other arguments is used as it is. */
async function declareControlLog(model: ChannelModel): Promise<void> {
  await declareStream(model, CONTROL_LOG, { bytesMax: LOG_BYTES_MAX });
}
