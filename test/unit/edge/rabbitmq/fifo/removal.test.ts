import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { describe, it } from "node:test";
import { acknowledgeNamed } from "../../../../../src/edge/rabbitmq/fifo/owner/removal.ts";
import type { WindowMessage } from "../../../../../src/edge/rabbitmq/fifo/owner/window.ts";

const NOW_MS = 1_800_000_000_000;
const QUEUE = "orders.fifo";
const SENT = { queue: QUEUE, key: "d", id: "m-1", sequenceNumber: "1".repeat(20), sentAtMs: NOW_MS };

describe("the end of a message of a FIFO queue that a router has deleted that does not own it", () => {
  it("is in the log, with what the message counts as sent by, before the queue has it no more", async () => {
    const { frames, end } = ending(0);
    await end(SENT);
    assert.deepEqual(frames, ["append d", "ack"]);
  });

  it("is an ack alone where the message counts as nothing, or no more", async () => {
    const { frames, end } = ending(0);
    await end(undefined);
    await end({ ...SENT, sentAtMs: NOW_MS - 310_001 });
    assert.deepEqual(frames, ["ack", "ack"]);
  });

  it("is tried again, and left to the next owner where it cannot be written", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    for (const failures of [1, Infinity]) {
      const { frames, end } = ending(failures);
      const ended = end(SENT);
      for (let passes = 0; passes < 50; passes++) {
        await turn();
        t.mock.timers.tick(500);
      }
      await ended;
      assert.deepEqual([frames.length, frames.at(-1)], failures === 1 ? [3, "ack"] : [20, "append d"]);
    }
  });
});

/** @param failures how many appends to the log fail, the first ones. */
function ending(failures: number) {
  const frames: string[] = [];
  const channel = { ack: () => frames.push("ack") };
  let left = failures;
  const log = {
    append: (records: readonly { readonly sent?: { readonly key: string } | undefined }[]): Promise<void> => {
      frames.push(...records.map(({ sent }) => `append ${sent?.key}`));
      return left-- > 0 ? Promise.reject(new Error("it is not written")) : Promise.resolve();
    },
  };
  const end = (sent: typeof SENT | undefined): Promise<void> =>
    acknowledgeNamed({ key: "k", sent, channel } as unknown as WindowMessage, {
      queue: QUEUE,
      log: log as never,
      clock: () => NOW_MS,
    });
  return { frames, end };
}
