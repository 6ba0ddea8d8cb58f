import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it } from "node:test";
import type { ConsumeMessage } from "amqplib";
import type { FifoAnswer } from "../../../../../src/edge/rabbitmq/fifo/routers/fifo-messages.ts";
import { decodeFifoMessage, encodeFifoMessage } from "../../../../../src/edge/rabbitmq/fifo/routers/fifo-messages.ts";
import { FifoSession } from "../../../../../src/edge/rabbitmq/fifo/routers/fifo-session.ts";
import { PublishError } from "../../../../../src/ports/broker/publisher.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../../support/rabbitmq/scripted-channel.ts";

const OWNER = "0123456789abcdef";
const RECEIVE = { do: "receive", queue: "orders.fifo", limit: 1, bytesMax: 1, invisibleMs: 1 } as const;
const RECEIVED: FifoAnswer = { is: "received", messages: [] };

/** A channel of a session's own queue. */
class SessionChannel extends ScriptedChannel {
  #listener: (message: ConsumeMessage | null) => void = () => undefined;

  assertQueue(): Promise<object> {
    return Promise.resolve({});
  }

  override consume(queue: string, listener: (message: ConsumeMessage | null) => void) {
    this.#listener = listener;
    return super.consume(queue, listener);
  }

  deliverBody(content: Buffer): void {
    this.#listener({ content } as ConsumeMessage);
  }
}

describe("questions to the owner of a FIFO queue", () => {
  it("an answer to a receive that comes too late is known as one that nobody has got", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const channel = new SessionChannel();
    const asked: string[] = [];
    const unheard: FifoAnswer[] = [];
    const session = new FifoSession({
      connection: new ScriptedConnection([channel]) as never,
      publish: (messages) => {
        for (const { body } of messages) {
          const message = decodeFifoMessage(body);
          if (message?.type === "ask") asked.push(message.ask);
        }
        return Promise.resolve();
      },
      serve: () => assert.fail("nobody asks this router"),
      unheard: (_request, answer) => void unheard.push(answer),
    });
    await session.start();
    const answerTo = (ask: string): void =>
      channel.deliverBody(encodeFifoMessage({ type: "answer", ask, answer: RECEIVED }));

    const inTime = session.ask(OWNER, RECEIVE);
    await turn();
    answerTo(asked[0]!);
    assert.deepEqual(await inTime, RECEIVED);

    const late = session.ask(OWNER, RECEIVE);
    await turn();
    t.mock.timers.tick(5_000);
    assert.equal(await late, undefined);
    assert.deepEqual(unheard, []);
    answerTo(asked[1]!);
    answerTo(asked[1]!);
    assert.deepEqual(unheard, [RECEIVED], "once");
    await session.end();
  });

  for (const { reason, sends, gone } of [
    { reason: "timeout", sends: 2, gone: [] },
    { reason: "unroutable", sends: 1, gone: [RECEIVED] },
  ] as const) {
    it(`an answer whose publish failed, ${reason}, is sent ${sends} times, since it may have arrived where it was not returned`, async (t) => {
      t.mock.timers.enable({ apis: ["setTimeout"] });
      const channel = new SessionChannel();
      const unheard: FifoAnswer[] = [];
      let answers = 0;
      const session = new FifoSession({
        connection: new ScriptedConnection([channel]) as never,
        publish: () => {
          answers += 1;
          return answers === 1 ? Promise.reject(new PublishError([{ index: 0, reason }])) : Promise.resolve();
        },
        serve: () => Promise.resolve(RECEIVED),
        unheard: (_request, answer) => void unheard.push(answer),
      });
      await session.start();
      channel.deliverBody(encodeFifoMessage({ type: "ask", ask: "a", from: OWNER, request: RECEIVE }));
      await turn();
      t.mock.timers.tick(500);
      await turn();
      assert.equal(answers, sends);
      assert.deepEqual(unheard, gone);
      await session.end();
    });
  }
});
