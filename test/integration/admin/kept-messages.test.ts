import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Channel } from "amqplib";
import { connect } from "amqplib";
import { deliveryMessage } from "../../../src/domain/delivery/delivery-message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { createDeliver } from "../../../src/flow/deliver/deliver.ts";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingObserver } from "../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../support/sample.ts";

const OWN_QUEUE = "busbar.function.f";
/** Where a message that is to wait for 60 s waits first: for 32 of them. */
const LADDER_LEVEL = "busbar.delay.5";

/** A queue of a user's, with room for one message, which is taken. */
async function makeFullQueue(channel: Channel, name: string): Promise<void> {
  await channel.assertQueue(name, { durable: true, arguments: { "x-max-length": 1, "x-overflow": "reject-publish" } });
  channel.sendToQueue(name, Buffer.from("in the way"));
}

/** What the ladder does when the time has come. */
async function bringBack(channel: Channel): Promise<void> {
  const waiting = await channel.get(LADDER_LEVEL, { noAck: true });
  assert.ok(waiting);
  const { headers, messageId } = waiting.properties as { headers: object; messageId: string };
  channel.sendToQueue(OWN_QUEUE, waiting.content, { headers, messageId, persistent: true });
}

describe("A queue of a user's that is full", () => {
  const endings = suiteEndings();

  it("A full queue holds up no delivery: its messages wait on the delay ladder, and no function is called again", async () => {
    const url = await freshVhost(endings, [OWN_QUEUE, "dead", LADDER_LEVEL]);
    const broker = await connectRabbitMq({ urls: [url], events: {} });
    endings.after(() => broker.close());
    const connection = await connect(url);
    endings.after(() => connection.close());
    const channel = await connection.createChannel();
    await makeFullQueue(channel, "dead");
    await broker.declare([declarationOf(OWN_QUEUE)]);

    const observer = new RecordingObserver();
    const never = new AbortController().signal;
    const config = sampleConfig({ functions: [sampleFunction("f", { deadLetterQueue: "dead" })], queues: ["dead"] });
    let calls = 0;
    const deliver = createDeliver({
      pause: () => Promise.resolve(),
      broker,
      config: () => config,
      identity: IDENTITY,
      observer,
      newId: () => "new-id",
      nowMs: Date.now,
      random: Math.random,
      // The five minutes pass at once.
      sleep: () => Promise.resolve(),
      abandon: never,
      leave: never,
    });
    await broker.consume(OWN_QUEUE, 1, async (message) => {
      await deliver(message, () => {
        calls += 1;
        return Promise.resolve({ ok: false, reason: "client_error", message: "no" });
      });
    });
    const destination = { kind: "function", name: "f" } as const;
    const first = { attempt: 1, countedRetries: 0, firstAtMs: Date.now(), hops: 0, suspicions: 0 };
    const body = Buffer.from('{"total":1}');
    await broker.publish([deliveryMessage({ id: "d-1", destination, body, ...first }, OWN_QUEUE)]);

    const waits = async (): Promise<boolean> => (await broker.depth(LADDER_LEVEL))?.ready === 1;
    await eventually("the dead letter waits on the ladder", waits, 30_000);
    await eventually("the delivery is settled", () => observer.attempts.length === 1);
    assert.ok(observer.events.includes("settlement delayed d-1"));

    await bringBack(channel);
    await eventually("it is refused and waits again", waits);
    assert.ok(observer.events.includes("move delayed dead d-1"));

    await channel.purgeQueue("dead");
    await bringBack(channel);
    await eventually("it is in its queue", async () => (await broker.depth("dead"))?.ready === 1);
    const dead = await channel.get("dead", { noAck: true });
    assert.ok(dead);
    assert.equal(dead.content.toString(), '{"total":1}');
    assert.equal(dead.properties.headers?.["RequestID"], "d-1");
    assert.equal(dead.properties.headers["busbar-kept-for"], undefined);
    assert.equal(calls, 1);
  });
});
