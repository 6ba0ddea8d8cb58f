import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { Handover } from "../../../../src/edge/rabbitmq/consuming/handover.ts";

describe("The hand-over of a queue", () => {
  it("leaves no listener on a channel that outlives it", async () => {
    const channel = new EventEmitter();
    const handover = new Handover();
    for (let i = 0; i < 20; i++) await handover.run(channel, () => Promise.resolve());
    assert.equal(channel.listenerCount("close"), 0);
  });
});
