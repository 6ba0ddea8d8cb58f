import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { INITIAL_REDACTION } from "../../../src/domain/journal/journal-config.ts";
import type { BusEvent } from "../../../src/domain/event/event.ts";
import type { RoutedFact } from "../../../src/domain/facts.ts";
import type { TapRequest } from "../../../src/domain/tap/tap.ts";
import { TAP_PATTERN_BYTES_MAX, TAPS_MAX } from "../../../src/domain/tap/tap.ts";
import { createRedactor } from "../../../src/edge/journal/redact.ts";
import type { TapMessage } from "../../../src/flow/tap/tap-message.ts";
import { decodeTapMessage, encodeTapMessage } from "../../../src/flow/tap/tap-message.ts";
import { Taps } from "../../../src/flow/tap/taps.ts";
import type { TailFrame } from "../../../src/ports/admin/tail.ts";
import { LIST_CASES } from "../../support/aws/list-events.ts";
import { sampleEvent } from "../../support/sample.ts";

const REQUEST: TapRequest = { bus: "orders", patternJson: undefined, eventsPerSecondMax: 200, isWhole: false };
const MATCHED = [{ bus: "orders", rule: "paid" }];

/** A router's taps on a clock that is set by hand, with what they sent and counted. `take` is the broker's answer. */
function started(take: () => Promise<void> = () => Promise.resolve(), redact = createRedactor(INITIAL_REDACTION)) {
  const clock = { nowMs: 0 };
  const sent: { address: string; id: string; frame: TailFrame }[] = [];
  const lost = new Map<string, number>();
  const counts: number[] = [];
  const taps = new Taps({
    redact,
    nowMs: () => clock.nowMs,
    send: (address, id, frame) => {
      sent.push({ address, id, frame });
      return take();
    },
    observer: {
      taps: (count) => counts.push(count),
      tapEventsLost: (reason, count) => lost.set(reason, (lost.get(reason) ?? 0) + count),
    },
  });
  const hold = (id: string, changes: Partial<TapRequest> = {}, from = "one"): void =>
    taps.hold({ type: "tap", id, from, request: { ...REQUEST, ...changes } });
  /** What the events become, after one tick, once the frame before has been sent. */
  const frameOf = async (...events: readonly RoutedFact[]): Promise<TailFrame | undefined> => {
    await setImmediate();
    taps.see(events);
    sent.length = 0;
    taps.tick();
    return sent[0]?.frame;
  };
  return { taps, clock, sent, lost, counts, hold, frameOf };
}

function routed(changes: Partial<BusEvent> = {}, detail: object = {}): RoutedFact {
  const json = JSON.stringify({ source: changes.source ?? "shop", "detail-type": "Ordered", detail });
  return { bus: "orders", event: sampleEvent({ bus: "orders", json, ...changes }), matched: MATCHED, published: [] };
}

const idsOf = (frame: TailFrame | undefined) => frame?.events.map(({ id }) => id);
const numbersOf = (frame: TailFrame | undefined) => [frame?.seen, frame?.matching, frame?.shown];

describe("A router's taps", () => {
  it("A tap shows the events of its bus that fit its pattern, and counts the others of the bus", async () => {
    const { hold, frameOf } = started();
    hold("t", { patternJson: '{"source":["shop"]}' });
    const others = [routed({ id: "b", source: "stock" }), routed({ id: "c", bus: "default" })];
    const frame = await frameOf(routed({ id: "a" }), ...others);
    assert.deepEqual(numbersOf(frame), [2, 1, 1]);
    const bytes = routed().event?.body.length;
    assert.deepEqual(frame?.events, [
      { id: "a", atMs: 1_000, bus: "orders", source: "shop", type: "Ordered", bytes, rules: ["orders/paid"] },
    ]);
  });

  it("A frame without events, of counts alone, is sent each second; one with events at the next tick", () => {
    const { taps, hold, sent } = started();
    hold("t", { patternJson: '{"source":["none"]}' });
    taps.see([routed()]);
    for (let tick = 1; tick < 10; tick++) taps.tick();
    assert.equal(sent.length, 0);
    taps.tick();
    assert.deepEqual(
      sent.map(({ frame }) => numbersOf(frame)),
      [[1, 0, 0]],
    );
    for (let tick = 0; tick < 20; tick++) taps.tick();
    assert.equal(sent.length, 1);
  });

  it("A tap ends 60 s after it was last asked for, and shows its events where it was asked from last", () => {
    const { taps, hold, clock, sent, counts } = started();
    hold("t");
    clock.nowMs = 50_000;
    hold("t", {}, "two");
    clock.nowMs = 109_999;
    taps.see([routed()]);
    taps.tick();
    assert.deepEqual([taps.count, sent.map(({ address, id }) => [address, id])], [1, [["two", "t"]]]);
    clock.nowMs = 110_000;
    taps.tick();
    assert.deepEqual([taps.count, counts], [0, [1, 0]]);
  });

  it("A router holds no more taps than it may, and takes another one when one has ended", () => {
    const { taps, hold } = started();
    for (let each = 0; each <= TAPS_MAX; each++) hold(String(each));
    assert.equal(taps.count, TAPS_MAX);
    taps.drop("0");
    taps.drop(String(TAPS_MAX));
    assert.equal(taps.count, TAPS_MAX - 1);
    hold("another");
    assert.equal(taps.count, TAPS_MAX);
  });

  it("A tap with a wrong pattern, one that is too long, or a rate that is none is not held", () => {
    const { taps, hold } = started();
    hold("a", { patternJson: '{"source":"shop"}' });
    hold("b", { patternJson: `{"source":["${"x".repeat(TAP_PATTERN_BYTES_MAX)}"]}` });
    for (const rate of [0, 201, 1.5, NaN]) hold(`rate ${rate}`, { eventsPerSecondMax: rate });
    assert.equal(taps.count, 0);
  });

  it("A tap shows so many events a second as were asked for, and counts the rest as matching and lost", async () => {
    const { hold, frameOf, clock, lost } = started();
    hold("t", { eventsPerSecondMax: 2 });
    const frame = await frameOf(routed({ id: "a" }), routed({ id: "b" }), routed({ id: "c" }));
    assert.deepEqual([idsOf(frame), numbersOf(frame), lost.get("rate")], [["a", "b"], [3, 3, 2], 1]);
    clock.nowMs = 999;
    assert.deepEqual((await frameOf(routed()))?.events, undefined);
    clock.nowMs = 1_000;
    assert.deepEqual(numbersOf(await frameOf(routed())), [2, 2, 1]);
  });

  it("A whole event is shown without its secrets, one that is not whole without its detail", async () => {
    const { hold, frameOf } = started();
    hold("t", { isWhole: true });
    const [shown] = (await frameOf(routed({}, { accessToken: "s3cr3t", id: 1 })))?.events ?? [];
    assert.deepEqual(JSON.parse(shown?.body ?? ""), {
      source: "shop",
      "detail-type": "Ordered",
      detail: { accessToken: "***", id: 1 },
    });
  });

  it("An event of more than 16 KiB, before or after redaction, is shown without its body", async () => {
    const { hold, frameOf } = started();
    hold("t", { isWhole: true });
    const long = routed({ id: "long" }, { text: "x".repeat(16 * 1024) });
    // 1,300 times `{"token":0},` are less than 16 KiB, and with masks for their values more.
    const masked = routed({ id: "masked" }, { list: Array.from({ length: 1_300 }, () => ({ token: 0 })) });
    // Without its secret it would be short.
    const secret = routed({ id: "secret" }, { token: "x".repeat(16 * 1024) });
    const frame = await frameOf(long, masked, secret, routed({ id: "short" }));
    assert.deepEqual(
      frame?.events.map(({ id, body }) => [id, body !== undefined]),
      [
        ["long", false],
        ["masked", false],
        ["secret", false],
        ["short", true],
      ],
    );
  });

  it("A pattern does not find out what redaction hides", async () => {
    const { hold, frameOf } = started();
    hold("t", { patternJson: '{"detail":{"password":[{"prefix":"a"}]}}' });
    assert.deepEqual(numbersOf(await frameOf(routed({}, { password: "abc" }))), [undefined, undefined, undefined]);
    hold("u", { patternJson: '{"detail":{"password":["***"]}}', bus: "other" });
    assert.deepEqual(numbersOf(await frameOf(routed({ bus: "other" }, { password: "abc" }))), [1, 1, 1]);
  });

  it("What a batch has no room for is lost, and counted", async () => {
    const { hold, frameOf, lost } = started();
    hold("t", { isWhole: true });
    const events = Array.from({ length: 100 }, () => routed({}, { text: "x".repeat(15_000) }));
    const frame = await frameOf(...events);
    assert.ok(frame !== undefined && frame.shown > 50 && frame.shown < 80, String(frame?.shown));
    assert.equal(lost.get("bytes"), 100 - frame.shown);
    assert.equal(frame.matching, 100);
    assert.equal((await frameOf(...events))?.shown, frame.shown);
  });

  it("While a frame is on its way the next one grows, and one that the broker refuses is counted", async () => {
    const answer = Promise.withResolvers<undefined>();
    const { taps, hold, sent, lost } = started(() => answer.promise);
    hold("t");
    taps.see([routed({ id: "a" }), routed({ id: "b" })]);
    taps.tick();
    taps.see([routed({ id: "c" })]);
    taps.tick();
    assert.equal(sent.length, 1);
    answer.reject(new Error("away"));
    await answer.promise.catch(() => undefined);
    await Promise.resolve();
    taps.tick();
    assert.deepEqual([sent.map(({ frame }) => idsOf(frame)), lost.get("refused")], [[["a", "b"], ["c"]], 2]);
  });

  it("An event that takes too many steps to match is counted as passed over", async () => {
    const { taps, hold, frameOf, sent, lost } = started();
    const [multiplied] = LIST_CASES.filter(({ isMultiplied }) => isMultiplied);
    assert.ok(multiplied);
    hold("t", { patternJson: JSON.stringify(multiplied.pattern) });
    assert.equal(await frameOf(routed({ json: multiplied.eventJson(100_000) })), undefined);
    assert.equal(lost.get("costly"), 1);
    for (let tick = 0; tick < 10; tick++) taps.tick();
    const [{ frame } = assert.fail("no frame")] = sent;
    assert.deepEqual([frame.seen, frame.matching, frame.passedOver], [1, 0, 1]);
  });
});

describe("The time that taps take", () => {
  it("is a tenth of the router's: an event that there is no time for is counted, and not looked at", async () => {
    const { taps, hold, frameOf, clock, lost } = started(undefined, (json) => {
      clock.nowMs += 8;
      return json;
    });
    hold("t", { isWhole: true });
    const frame = await frameOf(...Array.from({ length: 10 }, () => routed()));
    assert.deepEqual([numbersOf(frame), frame?.passedOver, clock.nowMs, lost.get("busy")], [[10, 3, 3], 7, 24, 7]);
    for (let tick = 0; tick < 10; tick++) taps.tick();
    assert.deepEqual(numbersOf(await frameOf(routed())), [1, 1, 1]);
    const beganMs = clock.nowMs;
    for (let tick = 0; tick < 100; tick++) {
      taps.see([routed(), routed()]);
      taps.tick();
    }
    const takenMs = clock.nowMs - beganMs;
    assert.ok(takenMs > 900 && takenMs < 1_100, String(takenMs));
  });

  it("goes to each tap in its turn", async () => {
    const { taps, hold, clock, sent } = started(undefined, (json) => {
      clock.nowMs += 30;
      return json;
    });
    for (const id of ["one", "two", "three"]) hold(id, { isWhole: true });
    for (let tick = 0; tick < 90; tick++) {
      taps.see([routed()]);
      taps.tick();
      await setImmediate();
    }
    const shown = ["one", "two", "three"].map((id) =>
      sent.reduce((sum, { id: of, frame }) => sum + (of === id ? frame.shown : 0), 0),
    );
    assert.ok(Math.min(...shown) >= 5, shown.join(", "));
  });
});

describe("Messages of taps", () => {
  const MESSAGES: readonly TapMessage[] = [
    { type: "tap", id: "t", from: "one", request: { ...REQUEST, patternJson: '{"a":["ü"]}' } },
    { type: "end", id: "t" },
    { type: "frame", id: "t", frame: { events: [], seen: 3, matching: 2, passedOver: 1, shown: 0 } },
  ];

  it("A message is read as it was written", () => {
    for (const message of MESSAGES) assert.deepEqual(decodeTapMessage(encodeTapMessage(message)), message);
    const all = { type: "tap", id: "t", from: "one", request: REQUEST } as const;
    assert.deepEqual(decodeTapMessage(encodeTapMessage(all)), all);
  });

  it("What is no message of taps is passed over", () => {
    const marked = (text: string): Buffer => Buffer.from(`busbar-tap/1\n${text}`);
    const wrong = [
      ...["", "{", "null", "{}", '{"type":"end"}', '{"type":"else","id":"t"}', '{"type":"tap","id":"t"}'],
      '{"type":"tap","id":"t","from":"one","request":{"bus":1}}',
      '{"type":"tap","id":"t","from":"one","request":{"bus":"b","eventsPerSecondMax":1,"patternJson":{}}}',
      '{"type":"frame","id":"t","frame":{"events":{},"seen":1,"matching":1,"shown":1}}',
      '{"type":"frame","id":"t","frame":{"events":[],"seen":"1","matching":1,"shown":1}}',
    ].map(marked);
    for (const bytes of [...wrong, Buffer.alloc(0), Buffer.from('busbar-runtime-api/3\n{"type":"end","id":"t"}')]) {
      assert.equal(decodeTapMessage(bytes), undefined, bytes.toString());
    }
  });
});
