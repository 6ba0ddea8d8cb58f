import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { RabbitMqTaker } from "../../../../src/edge/rabbitmq/consuming/taker.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../support/rabbitmq/scripted-channel.ts";

/** A poll of a queue that has subscribed, on a channel that hands out what the test says. */
async function poll(republish: () => Promise<void> = () => Promise.resolve()) {
  const channel = new ScriptedChannel();
  const nextChannel = new ScriptedChannel();
  const republished: string[] = [];
  const taker = new RabbitMqTaker({
    connection: new ScriptedConnection([channel, nextChannel]),
    declareAgain: () => Promise.resolve(),
    republish: async ({ id }) => {
      await republish();
      republished.push(id);
    },
    arrived: () => undefined,
  });
  const aborting = new AbortController();
  const taking = taker.take("queue", aborting.signal);
  await nextTurn();
  assert.deepEqual(channel.frames.splice(0), ["prefetch 1", "consume queue"]);
  return { channel, nextChannel, taking, aborting, republished };
}

describe("A poll", () => {
  it("takes one message: its subscription ends before the ack, which would bring another", async () => {
    const { channel, taking } = await poll();
    channel.deliver("a");
    const taken = await taking;
    assert.equal(taken?.message.id, "a");
    const acked = taken.ack();
    assert.deepEqual(channel.frames, ["cancel", "ack 1"]);
    channel.answerCancel();
    await acked;
  });

  it("gives a message back by a copy, which is stored before the message is acked", async () => {
    const stored = Promise.withResolvers<undefined>();
    const { channel, taking, republished } = await poll(() => stored.promise);
    channel.deliver("a");
    const givenBack = (await taking)?.giveBack();
    channel.answerCancel();
    await nextTurn();
    assert.deepEqual(channel.frames, ["cancel"]);
    stored.resolve(undefined);
    await givenBack;
    assert.deepEqual([republished, channel.frames], [["a"], ["cancel", "ack 1"]]);
  });

  it("gives the message itself back when its copy is not stored", async () => {
    const { channel, taking } = await poll(() => Promise.reject(new Error("timeout")));
    channel.deliver("a");
    const givenBack = (await taking)?.giveBack();
    channel.answerCancel();
    await givenBack;
    assert.deepEqual(channel.frames, ["cancel", "nack 1"]);
  });

  it("that has ended gives back the message that was on its way", async () => {
    const { channel, taking, aborting, republished } = await poll();
    aborting.abort();
    channel.deliver("late");
    await nextTurn();
    channel.answerCancel();
    assert.equal(await taking, undefined);
    assert.deepEqual([republished, channel.frames], [["late"], ["cancel", "ack 1"]]);
  });

  it("does not take a message whose channel was lost in the same read, and waits for the next", async () => {
    const { channel, nextChannel, taking, republished } = await poll();
    channel.deliver("lost");
    channel.lose();
    await nextTurn();
    channel.answerCancel();
    nextChannel.deliver("next");
    const taken = await taking;
    nextChannel.answerCancel();
    assert.deepEqual([taken?.message.id, republished], ["next", []]);
  });

  it("gives back no copy of a message that its lost channel has given back already", async () => {
    const { channel, taking, republished } = await poll();
    channel.deliver("a");
    const taken = await taking;
    channel.lose();
    channel.answerCancel();
    await taken?.giveBack();
    assert.deepEqual([republished, channel.frames], [[], ["cancel"]]);
  });
});
