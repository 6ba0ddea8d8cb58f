import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Received } from "../../../../src/domain/queue/message.ts";
import { QueueConsumer } from "../../../../src/edge/rabbitmq/consuming/consumer.ts";
import type { ConsumerOptions } from "../../../../src/edge/rabbitmq/consuming/consumer.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../support/rabbitmq/scripted-channel.ts";

/** A consumer on scripted channels, whose handlers end when the test says so. */
async function consume(options: Partial<ConsumerOptions> = {}, channels = [new ScriptedChannel()]) {
  const [channel] = channels as [ScriptedChannel];
  const begun: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<undefined>>();
  const consumer = new QueueConsumer(new ScriptedConnection(channels), {
    queue: "queue",
    limit: 2,
    singleActive: true,
    handler: async ({ id }) => {
      begun.push(id);
      const end = Promise.withResolvers<undefined>();
      ends.set(id, end);
      await end.promise;
    },
    declareAgain: () => Promise.resolve(),
    arrived: () => undefined,
    refused: () => undefined,
    ...options,
  });
  await consumer.start();
  assert.deepEqual(channel.frames.splice(0), [`prefetch ${options.limit ?? 2}`, "consume queue"]);
  return { consumer, channel, begun, end: (id: string) => ends.get(id)?.resolve(undefined) };
}

/** Lets everything happen that can without a further event. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}

/** Waits until a channel has been opened and subscribed. */
async function subscribed(channel: ScriptedChannel): Promise<void> {
  while (channel.frames.length < 2) await nextTurn();
  assert.deepEqual(channel.frames.splice(0), ["prefetch 2", "consume queue"]);
}

describe("A consumer of a queue with a single active consumer", () => {
  it("cancels when its handlers have ended, and acks when the cancel is answered", async () => {
    const { consumer, channel, end } = await consume();
    channel.deliver("a");
    channel.deliver("b");
    await consumer.pause();
    end("a");
    await settled();
    assert.deepEqual(channel.frames, [], "b is being handled: an ack of a would bring another message");
    end("b");
    await settled();
    assert.deepEqual(channel.frames, ["cancel"], "an ack would bring a message after the last handler's end");
    channel.answerCancel();
    await settled();
    assert.deepEqual(channel.frames, ["cancel", "ack up to 2"]);
  });

  it("begins no handler between the cancel and its answer, and gives such a message back", async () => {
    const { consumer, channel, begun } = await consume();
    await consumer.pause();
    await settled();
    assert.deepEqual(channel.frames, ["cancel"]);
    channel.deliver("late");
    await settled();
    assert.deepEqual([begun, channel.frames], [[], ["cancel"]]);
    channel.answerCancel();
    await settled();
    assert.deepEqual([begun, channel.frames], [[], ["cancel", "nack 1"]]);
  });

  it("begins nothing that waits for a slot while it finishes its handlers", async () => {
    const { consumer, channel, begun, end } = await consume({ limit: 1 });
    channel.deliver("a");
    channel.deliver("b");
    await consumer.pause();
    end("a");
    await settled();
    channel.answerCancel();
    await settled();
    assert.deepEqual(begun, ["a", "b"], "b begins when the hand-over has ended");
    assert.deepEqual(channel.frames, ["cancel", "ack up to 1"]);
  });

  it("begins nothing of what came before RabbitMQ cancelled it: the next active consumer may be another router's", async () => {
    const { channel, begun, end } = await consume({ limit: 1 });
    channel.deliver("a");
    channel.deliver("b");
    channel.cancelByBroker();
    end("a");
    await settled();
    assert.deepEqual(begun, ["a"]);
    assert.deepEqual(channel.frames, ["nack 2", "consume queue", "ack up to 1"]);
  });

  it("does not wait for its handlers when the channel closes", { timeout: 10_000 }, async () => {
    const next = new ScriptedChannel();
    const { consumer, channel, end } = await consume({}, [new ScriptedChannel(), next]);
    channel.deliver("a");
    await consumer.pause();
    channel.lose();
    await consumer.resume();
    await subscribed(next);
    end("a");
  });
});

describe("A consumer", () => {
  it("acks while its cancel is not answered, where the queue has several consumers", async () => {
    const { consumer, channel, end } = await consume({ singleActive: false });
    channel.deliver("a");
    const paused = consumer.pause();
    end("a");
    await settled();
    assert.deepEqual(channel.frames, ["cancel", "ack up to 1"]);
    channel.answerCancel();
    await paused;
  });

  it("handles a message once that comes again over a new channel, and acks it there", async () => {
    const next = new ScriptedChannel();
    const { channel, begun, end } = await consume({ singleActive: false }, [new ScriptedChannel(), next]);
    channel.deliver("a");
    channel.lose();
    await subscribed(next);
    next.deliver("a", true);
    end("a");
    await settled();
    assert.deepEqual(begun, ["a"]);
    assert.deepEqual(next.frames, ["ack up to 1"]);
  });

  it("handles both of two messages that share an id", async () => {
    const { channel, begun, end } = await consume({ singleActive: false });
    channel.deliver("a");
    channel.deliver("a");
    end("a");
    await settled();
    assert.deepEqual(begun, ["a", "a"]);
  });

  it("begins at once a message that was lost before its handler began, when it comes again", async () => {
    const next = new ScriptedChannel();
    const begun: string[] = [];
    const handler = async ({ id }: Received, lost: AbortSignal): Promise<void> => {
      begun.push(id);
      if (begun.length > 1) return;
      await once(lost, "abort");
      lost.throwIfAborted();
    };
    const { channel } = await consume({ singleActive: false, handler }, [new ScriptedChannel(), next]);
    channel.deliver("a");
    channel.lose();
    await subscribed(next);
    next.deliver("a", true);
    await settled();
    assert.deepEqual([begun, next.frames], [["a", "a"], ["ack up to 1"]]);
  });

  it("stops once what it handles has ended and is acked", async () => {
    const { consumer, channel, end } = await consume({ singleActive: false });
    channel.deliver("a");
    let isStopped = false;
    const stopping = consumer.stop().then(() => (isStopped = true));
    await settled();
    channel.answerCancel();
    await settled();
    assert.equal(isStopped, false);
    end("a");
    await stopping;
    assert.deepEqual(channel.frames, ["cancel", "ack up to 1"]);
  });

  it("reports once that its subscription is refused, and makes a missing queue again", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const channels = [new ScriptedChannel(), new ScriptedChannel(), new ScriptedChannel(), new ScriptedChannel()];
    const refusals: unknown[] = [];
    let made = 0;
    const missing = Object.assign(new Error("NOT_FOUND"), { code: 404 });
    for (const channel of channels.slice(1, 3)) channel.consume = () => Promise.reject(missing);
    const last = channels[3];
    const { channel } = await consume(
      {
        refused: (error) => refusals.push(error),
        declareAgain: () => Promise.resolve(void (made += 1)),
      },
      [...channels],
    );
    channel.lose();
    for (let attempt = 0; attempt < 3; attempt++) {
      t.mock.timers.tick(30_000);
      await settled();
    }
    assert.deepEqual([refusals, made, last?.frames], [[missing], 2, ["prefetch 2", "consume queue"]]);
  });
});
