import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { Channel } from "amqplib";
import { openChannel } from "../../../../src/edge/rabbitmq/connection/channels.ts";
import { SupervisedChannel } from "../../../../src/edge/rabbitmq/connection/supervised-channel.ts";
import { ScriptedChannel, ScriptedConnection } from "../../../support/rabbitmq/scripted-channel.ts";

/** A supervised channel that is offered these, one after another, and the times at which it asked for one. */
function supervise(t: TestContext, channels: ScriptedChannel[]) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 0;
  const connection = new ScriptedConnection(channels, () => nowMs);
  const supervised = new SupervisedChannel<Channel>(connection, openChannel);
  const pass = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += 500) {
      nowMs += 500;
      t.mock.timers.tick(500);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { supervised, openedAtMs: connection.openedAtMs, pass };
}

describe("A supervised channel", () => {
  it("that cannot be opened is tried again at once, and then after waits that double to 30 s", async (t) => {
    const { supervised, openedAtMs, pass } = supervise(t, []);
    await supervised.start();
    await pass(100_000);
    const waitsMs = openedAtMs.slice(2).map((atMs, index) => atMs - (openedAtMs[index + 1] ?? 0));
    assert.deepEqual(waitsMs, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    await supervised.end();
  });

  it("that is closed as soon as it is open is opened again after waits that double", async (t) => {
    const channels = Array.from({ length: 5 }, () => new ScriptedChannel());
    const { supervised, openedAtMs, pass } = supervise(t, [...channels]);
    await supervised.start();
    for (const channel of channels) {
      channel.lose();
      await pass(10_000);
    }
    const waitsMs = openedAtMs.slice(1, 5).map((atMs, index) => atMs - index * 10_000);
    assert.deepEqual(waitsMs, [500, 1_000, 2_000, 4_000]);
    await supervised.end();
  });
});
