import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { direct } from "../../../../src/edge/rabbitmq/publishing/message.ts";
import { RabbitMqPublisher } from "../../../../src/edge/rabbitmq/publishing/publisher.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../support/rabbitmq/scripted-channel.ts";

/** A channel that confirms when the test says so. */
class ScriptedConfirmChannel extends ScriptedChannel {
  readonly #confirms: ((error: null) => void)[] = [];

  publish(...[, queue, , , confirm]: [string, string, Buffer, object, (error: null) => void]): boolean {
    this.frames.push(`publish to ${queue}`);
    this.#confirms.push(confirm);
    return true;
  }

  /** Gives a message back that no queue took. Its confirm follows. */
  returnMessage(queue: string, messageId: string): void {
    this.emit("return", { fields: { exchange: "", routingKey: queue }, properties: { messageId } });
  }

  confirmAll(): void {
    for (const confirm of this.#confirms.splice(0)) confirm(null);
  }
}

async function open() {
  const channel = new ScriptedConfirmChannel();
  const connection = new ScriptedConnection([channel]);
  const none = (): Promise<void> => Promise.resolve();
  const publisher = new RabbitMqPublisher(connection, none, () => undefined);
  await publisher.start();
  const publish = (...ids: string[]): Promise<void> =>
    publisher.publish(ids.map((id) => direct({ queue: "queue", id, body: Buffer.from("{}"), headers: {} })));
  return { channel, connection, publisher, publish };
}

describe("A publisher", () => {
  it("names the message that no queue took, though RabbitMQ confirms it", async () => {
    const { channel, publish } = await open();
    const publishing = publish("stored", "lost");
    channel.returnMessage("queue", "lost");
    channel.confirmAll();
    await assert.rejects(publishing, new PublishError([{ index: 1, reason: "unroutable" }]));
  });

  it("refuses messages while RabbitMQ takes none, and sends nothing", async () => {
    const { channel, connection, publish } = await open();
    connection.blocked = true;
    await assert.rejects(publish("a"), new PublishError([{ index: 0, reason: "blocked" }]));
    assert.deepEqual(channel.frames, []);
  });

  it("ends once what it has sent is confirmed", async () => {
    const { channel, publisher, publish } = await open();
    const publishing = publish("a");
    let hasEnded = false;
    const ending = publisher.end().then(() => (hasEnded = true));
    await nextTurn();
    assert.equal(hasEnded, false);
    channel.confirmAll();
    await Promise.all([publishing, ending]);
  });
});
