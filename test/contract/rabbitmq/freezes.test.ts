import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Freezes } from "../../../src/async/freezes.ts";
import { declarationOf } from "../../../src/domain/queue/queues.ts";
import { connectRabbitMq } from "../../../src/edge/rabbitmq/connect.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { eventually } from "../waiting.ts";

const QUEUES = ["busbar.ordered.work", "busbar.function.work", "busbar.mapping.work.0"];

describe("A router on RabbitMQ that was frozen", () => {
  for (const queue of QUEUES) {
    it(`knows that it has lost what it held of ${queue} before it does anything else, and gets it again`, async (t) => {
      const clock = { nowMs: 0 };
      const freezes = new Freezes(() => clock.nowMs);
      const url = await freshVhost(t, [queue]);
      const broker = await connectRabbitMq({ urls: [url], events: {}, freezes });
      t.after(() => broker.close());
      await broker.declare([declarationOf(queue)]);
      const losses: AbortSignal[] = [];
      await broker.consume(queue, 1, (_message, lost) => {
        losses.push(lost);
        return losses.length === 1
          ? new Promise((_resolve, reject) => lost.addEventListener("abort", () => reject(lost.reason as Error)))
          : Promise.resolve();
      });
      await broker.publish([{ queue, id: "held", body: Buffer.from("{}"), headers: {} }]);
      await eventually("it is held", () => losses.length === 1);
      const areLost = () => losses.map(({ aborted }) => aborted);
      freezes.notice();
      assert.deepEqual(areLost(), [false]);
      clock.nowMs = 15_000;
      freezes.notice();
      assert.deepEqual(areLost(), [true]);
      await eventually("it comes again", () => losses.length === 2);
    });
  }
});
