import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message, Received } from "../../../../src/domain/queue/message.ts";
import { packOf } from "../../../../src/domain/queue/pack.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { PackConsumer } from "../../../../src/flow/pack/pack-consumer.ts";
import { KnownPacks } from "../../../../src/flow/pack/known-packs.ts";
import type { MessageHandler } from "../../../../src/ports/broker/consumer.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

const QUEUE = "busbar.function.f";
const LIMIT = 20;

/** A consumer on a broker that notes what is asked of it. */
async function setUp(limit = LIMIT) {
  const asked: string[] = [];
  const state = { refuses: false, before: Promise.resolve() };
  let hand: MessageHandler = () => Promise.reject(new Error("nobody consumes"));
  const note = (what: string): Promise<void> => {
    asked.push(what);
    return Promise.resolve();
  };
  const consumer = new PackConsumer({
    broker: {
      consume: async (_queue, messages, handler) => {
        await note(`consume ${messages}`);
        await state.before;
        if (state.refuses) throw new Error("refused");
        hand = handler;
        return {
          pause: () => note(`pause ${messages}`),
          resume: () => note(`resume ${messages}`),
          stop: () => note(`stop ${messages}`),
        };
      },
    },
    queue: QUEUE,
    limit,
    handler: () => Promise.resolve(),
    packs: new KnownPacks(),
    inFlight: new InFlightBytes(1_000_000),
    store: () => Promise.resolve(),
    steadyMs: () => 0,
  });
  await consumer.start();
  const receive = async (members: number, count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      await hand(members === 1 ? single(index) : pack(members, index), new AbortController().signal);
      await turn();
    }
  };
  return { consumer, asked, receive, state };
}

function single(index: number): Received {
  return { ...member(`d-${index}`), crashes: 0 };
}

function pack(members: number, index: number): Received {
  const ids = Array.from({ length: members }, (_, place) => `d-${index}-${place}`);
  return { ...packOf(`p-${index}`, QUEUE, ids.map(member)), crashes: 0 };
}

function member(id: string): Message {
  return { queue: QUEUE, id, body: Buffer.from("{}"), headers: {} };
}

describe("A consumer that may get packs", () => {
  it("holds as many messages as it handles, while each is a delivery", async () => {
    const { asked, receive } = await setUp();
    await receive(1, 100);
    assert.deepEqual(asked, [`consume ${LIMIT}`]);
  });

  it("is replaced by one that holds fewer messages when packs come, and by one that holds more when they end", async () => {
    const { asked, receive } = await setUp();
    await receive(10, 100);
    const [, fewer = ""] = asked;
    const held = Number(/^consume (\d+)$/.exec(fewer)?.[1]);
    assert.ok(held * 10 >= LIMIT && held * 10 <= 5 * LIMIT, `${held} packs of ten for ${LIMIT} calls`);
    assert.equal(asked[2], `stop ${LIMIT}`);
    await receive(1, 100);
    const last = Number(/^consume (\d+)$/.exec(asked.filter((each) => each.startsWith("consume")).at(-1) ?? "")?.[1]);
    assert.ok(last > LIMIT / 2, asked.join(", "));
    assert.ok(asked.length <= 9, asked.join(", "));
  });

  it("holds two messages at least, so that the calls of one pack follow those of another", async () => {
    const { asked, receive } = await setUp(6);
    await receive(10, 200);
    assert.deepEqual(asked, ["consume 6", "consume 2", "stop 6"]);
    const few = await setUp(4);
    await few.receive(10, 200);
    assert.deepEqual(few.asked, ["consume 4"]);
  });

  it("goes on with the one it has when another is refused, and asks again later", async () => {
    const { asked, receive, state } = await setUp();
    state.refuses = true;
    await receive(10, 200);
    const tries = asked.filter((each) => each.startsWith("consume")).length;
    assert.ok(tries > 2 && tries < 40, `${tries} tries`);
    assert.ok(!asked.some((each) => each.startsWith("stop")));
    state.refuses = false;
    await receive(10, 50);
    assert.equal(asked.at(-1), `stop ${LIMIT}`);
  });

  it("pauses, resumes and stops the one that takes over meanwhile", async () => {
    const { consumer, asked, receive, state } = await setUp();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    state.before = promise.then(() => undefined);
    await receive(10, 20);
    await consumer.pause();
    resolve(undefined);
    await turn();
    const next = asked
      .filter((each) => each.startsWith("consume"))
      .at(-1)
      ?.slice("consume ".length);
    assert.deepEqual(asked.slice(2), [`pause ${LIMIT}`, `pause ${next}`, `stop ${LIMIT}`]);
    await consumer.resume();
    await consumer.stop();
    assert.deepEqual(asked.slice(5), [`resume ${next}`, `pause ${next}`, `stop ${next}`]);
  });

  it("ends once what it began meanwhile has ended", async () => {
    const { consumer, asked, receive, state } = await setUp();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    state.before = promise.then(() => undefined);
    await receive(10, 20);
    let ended = false;
    const stop = consumer.stop().then(() => (ended = true));
    await turn();
    assert.equal(ended, false);
    resolve(undefined);
    await stop;
    const next = asked
      .filter((each) => each.startsWith("consume"))
      .at(-1)
      ?.slice("consume ".length);
    assert.ok(asked.includes(`stop ${LIMIT}`) && asked.includes(`stop ${next}`), asked.join(", "));
  });
});
