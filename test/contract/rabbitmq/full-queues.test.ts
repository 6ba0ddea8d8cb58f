import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Channel, ConsumeMessage } from "amqplib";
import { connect } from "amqplib";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import type { Message } from "../../../src/domain/queue/message.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually, Inbox } from "../waiting.ts";

const FULL = "full-orders";
const ROOMY = "roomy-orders";
const FUNCTION = "busbar.function.stock";
const QUEUES = [FULL, ROOMY, FUNCTION];
/** More than the 32 that RabbitMQ has on the way from one level of the ladder at once. */
const DELAYED = 40;
/** What was refused for so long waits for as long again. */
const STORED_MS_MAX = 180_000;

const messageFor = (queue: string, id: string): Message => ({
  queue,
  id,
  body: Buffer.from(`{"id":"${id}"}`),
  headers: { note: "kept" },
});

/** As versions made it that had the ladder hand over to users' queues. */
const bindToLadder = (channel: Channel, queue: string): Promise<unknown> =>
  channel.bindQueue(queue, "busbar.delay.deliver", "*.".repeat(17) + queue);

describe("delayed messages for a user's queue that is full and refuses on RabbitMQ", { timeout: 600_000 }, () => {
  /** A router, and a full queue. */
  const opened = async (t: TestContext) => {
    const url = await freshVhost(t, QUEUES);
    const model = await connect(url);
    model.on("error", () => undefined);
    t.after(() => model.close().catch(() => undefined));
    const channel = await model.createChannel();
    const refused: string[] = [];
    const refusedWhenDue = (queue: string): unknown => refused.push(queue);
    const broker = await connectRabbitMq({ urls: [url], events: { refusedWhenDue } });
    t.after(() => broker.close());
    // A classic queue: a quorum queue still takes what is on its way when it is full.
    await channel.assertQueue(FULL, { arguments: { "x-max-length": DELAYED, "x-overflow": "reject-publish" } });
    return { broker, channel, refused };
  };

  for (const before of ["never bound", "bound by an earlier version"]) {
    it(`hold up nobody else's where the queue was ${before} to the ladder, and come when it has room`, async (t) => {
      const { broker, channel, refused } = await opened(t);
      if (before !== "never bound") await bindToLadder(channel, FULL);
      await broker.declare(QUEUES.map(declarationOf));
      const inbox = new Inbox();
      await broker.consume(FUNCTION, 10, inbox.handler);

      await broker.publish(Array.from({ length: DELAYED }, (_, n) => messageFor(FULL, `early-${n}`)));
      const ids = Array.from({ length: DELAYED }, (_, n) => `late-${n}`);
      await broker.publish(
        ids.map((id) => messageFor(FULL, id)),
        { delayMs: 1_000 },
      );
      await broker.publish([messageFor(FUNCTION, "called"), messageFor(ROOMY, "stored")], { delayMs: 1_000 });
      await inbox.has(1);
      await eventually("the other queue has its message", async () => (await broker.depth(ROOMY))?.ready === 1);
      await eventually("it was refused", () => refused.length > 0);
      assert.deepEqual(new Set(refused), new Set([FULL]));

      const stored: ConsumeMessage[] = [];
      await channel.consume(FULL, (message) => message && stored.push(message), { noAck: true });
      const lateIds = () =>
        stored.map(({ properties }) => String(properties.messageId)).filter((id) => ids.includes(id));
      await eventually("all are stored", () => lateIds().length >= DELAYED, STORED_MS_MAX);
      assert.deepEqual(lateIds().toSorted(), ids.toSorted());
      for (const { properties, content } of stored) {
        assert.equal(content.toString(), `{"id":"${properties.messageId}"}`);
        assert.equal(properties.headers?.["note"], "kept");
        assert.equal(properties.headers["busbar-refusals"], undefined);
        assert.equal(properties.headers["busbar-due-at"], undefined);
      }
    });
  }

  it("two messages with one id for two queues are both stored", async (t) => {
    const { broker } = await opened(t);
    await broker.declare(QUEUES.map(declarationOf));
    await broker.publish([messageFor(FULL, "same"), messageFor(ROOMY, "same")], { delayMs: 1_000 });
    for (const queue of [FULL, ROOMY])
      await eventually(`${queue} has it`, async () => (await broker.depth(queue))?.ready === 1);
  });
});
