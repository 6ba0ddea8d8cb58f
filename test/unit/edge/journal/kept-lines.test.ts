import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { readFrame } from "../../../../src/domain/journal/frame.ts";
import type { LogsConfig } from "../../../../src/domain/logs/logs-config.ts";
import { KeptLines } from "../../../../src/edge/journal/lines/kept-lines.ts";
import { PublishError } from "../../../../src/ports/broker/publisher.ts";
import { logLine } from "../../../support/functions/log-line.ts";

const CONFIG: LogsConfig = { bytesPerSecondMax: 1_000, callBytesMax: 500, bytesMax: 1, ageMsMax: 1 };

function started(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const state = { nowMs: 10_000, isRefusing: false, stored: 0, lost: new Map<string, number>() };
  const texts: string[] = [];
  const lines = new KeptLines({
    router: "router-1",
    nowMs: () => state.nowMs,
    onStored: (count) => (state.stored += count),
    onLost: (reason, count) => state.lost.set(reason, (state.lost.get(reason) ?? 0) + count),
  });
  lines.follow(CONFIG, undefined);
  lines.writeTo({
    append: (frame) => {
      if (state.isRefusing) return Promise.reject(new PublishError([{ index: 0, reason: "disconnected" }]));
      for (const record of readFrame(frame)?.records ?? []) if (record.kind === "output") texts.push(record.line);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
  const sent = async (): Promise<readonly string[]> => {
    t.mock.timers.tick(250);
    await nextTurn();
    return texts.splice(0);
  };
  return { lines, state, sent };
}

describe("Lines of functions", () => {
  it("are sent four times a second, without the secrets that can be seen in them", async (t) => {
    const { lines, state, sent } = started(t);
    assert.ok(lines.take(logLine({ text: "see https://me:pw@example.com/" })));
    assert.ok(lines.take(logLine({ text: '{"user":"u","apiToken":"t"}' })));
    assert.ok(lines.take(logLine({ text: "{not JSON, token=t" })));
    const shown = ["see https://***@example.com/", '{"user":"u","apiToken":"***"}', "{not JSON, token=t"];
    assert.deepEqual(await sent(), shown);
    assert.equal(state.stored, 3);
  });

  it("are bounded for each call and for the router, and those around calls have room left for them", async (t) => {
    const { lines, state, sent } = started(t);
    assert.ok(!lines.take(logLine({ callBytes: 501 })));
    assert.deepEqual([...state.lost], [["call", 1]]);
    let kept = 0;
    while (lines.take(logLine({ text: "x".repeat(100) }))) kept += 1;
    assert.ok(kept > 15 && kept < 30, String(kept));
    assert.equal(state.lost.get("router"), 1);
    assert.ok(lines.take(logLine({ source: "platform", text: "END" })));
    state.nowMs += 1_000;
    assert.ok(lines.take(logLine({ text: "again" })));
    assert.equal((await sent()).length, kept + 2);
  });

  it("that the broker does not take are counted, and nothing waits for them", async (t) => {
    const { lines, state, sent } = started(t);
    state.isRefusing = true;
    assert.ok(lines.take(logLine()));
    await sent();
    assert.deepEqual([...state.lost], [["refused", 1]]);
  });

  it("are no loss where none are kept", (t) => {
    const { lines, state } = started(t);
    lines.follow(undefined, undefined);
    assert.ok(lines.take(logLine({ callBytes: 1_000_000 })));
    assert.equal(state.lost.size, 0);
  });
});
