import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { TapRequest } from "../../../src/domain/tap/tap.ts";
import { LiveTails } from "../../../src/flow/tap/live-tails.ts";
import type { TapMessage } from "../../../src/flow/tap/tap-message.ts";
import { decodeTapMessage, encodeTapMessage } from "../../../src/flow/tap/tap-message.ts";
import type { TailFrame } from "../../../src/ports/admin/tail.ts";
import { sampleEntry } from "../../support/observe/observe.ts";
import { sampleEvent } from "../../support/sample.ts";

const REQUEST: TapRequest = { bus: "default", patternJson: undefined, eventsPerSecondMax: 200, isWhole: false };

/** One router's tails over a broker whose address is set by hand, on a clock of the test. */
function started(t: TestContext) {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const told: TapMessage[] = [];
  const lost: string[] = [];
  const listeners: ((body: Buffer) => void)[] = [];
  let later = 0;
  const broker = {
    address: "one" as string | undefined,
    broadcast: (body: Buffer) => {
      const message = decodeTapMessage(body);
      if (message !== undefined) told.push(message);
      for (const listener of listeners) listener(body);
      return Promise.resolve();
    },
    onBroadcast: (listener: (body: Buffer) => void) => listeners.push(listener),
    send: (_address: string, body: Buffer) => broker.broadcast(body),
  };
  let ids = 0;
  const tails = new LiveTails({
    broker,
    redact: (json) => json,
    observer: { taps: () => undefined, tapEventsLost: (reason, count) => lost.push(`${reason} ${count}`) },
    newId: () => `tap-${ids++}`,
    steadyMs: () => 0,
    later: (work) => {
      later += 1;
      work();
    },
    onError: (error) => assert.fail(error),
  });
  /** Whom the routers were told to answer, and what was ended, since it was asked last. */
  const toldOf = (): readonly string[] =>
    told.splice(0).flatMap((one) => (one.type === "tap" ? [one.from] : one.type === "end" ? [`end ${one.id}`] : []));
  const put = (...ids: readonly string[]): void =>
    tails.facts.put({
      outcome: "accepted",
      seconds: 0,
      entries: ids.map((id) => sampleEntry({ event: sampleEvent({ id }) })),
    });
  return { tails, broker, toldOf, put, lost, later: () => later, tick: (ms: number) => t.mock.timers.tick(ms) };
}

describe("Live tails", () => {
  it("A tail asks for its taps again every 5 s, and ends them when it is closed", (t) => {
    const { tails, toldOf, tick } = started(t);
    const tail = tails.open(REQUEST, () => true);
    assert.deepEqual(toldOf(), ["one"]);
    tick(4_900);
    assert.deepEqual(toldOf(), []);
    tick(100);
    assert.deepEqual(toldOf(), ["one"]);
    assert.ok(tail !== "full");
    tail.close();
    tail.close();
    assert.deepEqual(toldOf(), ["end tap-0"]);
    tick(60_000);
    assert.deepEqual(toldOf(), []);
  });

  it("A tail shows the events that schedules put on a bus", (t) => {
    const { tails, tick } = started(t);
    const frames: TailFrame[] = [];
    tails.open(REQUEST, (frame) => frames.push(frame) > 0);
    const { routed, ...fired } = {
      schedule: "s",
      to: { kind: "event-bus", name: "default" } as const,
      dueMs: 1,
      firedAtMs: 2,
      routed: [sampleEntry({ event: sampleEvent({ id: "due" }) })],
      deadLetters: [],
    };
    tails.facts.scheduleFired({ ...fired, routed });
    tails.facts.scheduleFired({ ...fired, routed: [] });
    tick(1_000);
    assert.deepEqual(
      frames.flatMap(({ events }) => events.map(({ id }) => id)),
      ["due"],
    );
  });

  it("After a reconnect a tail says at once where it is now, and in between it asks nobody", (t) => {
    const { tails, broker, toldOf, tick } = started(t);
    broker.address = undefined;
    tails.open(REQUEST, () => true);
    tick(20_000);
    assert.deepEqual(toldOf(), []);
    broker.address = "two";
    tick(100);
    assert.deepEqual(toldOf(), ["two"]);
    broker.address = undefined;
    tick(1_000);
    assert.deepEqual(toldOf(), []);
    broker.address = "three";
    tick(100);
    assert.deepEqual(toldOf(), ["three"]);
  });

  it("An event costs nothing while there is no tap, and its put is answered first where there is one", (t) => {
    const { tails, put, later } = started(t);
    put("a");
    assert.equal(later(), 0);
    const tail = tails.open(REQUEST, () => true);
    put("b");
    assert.equal(later(), 1);
    assert.ok(tail !== "full");
    tail.close();
    put("c");
    assert.equal(later(), 1);
  });

  it("What a reader does not take is lost, and its counts come with the next frame", async (t) => {
    const { tails, put, lost, tick } = started(t);
    const frames: TailFrame[] = [];
    let reads = false;
    tails.open(REQUEST, (frame) => {
      if (reads) frames.push(frame);
      return reads;
    });
    put("a", "b");
    tick(100);
    assert.deepEqual([frames, lost], [[], ["slow 2"]]);
    reads = true;
    put("c");
    await Promise.resolve();
    await Promise.resolve();
    tick(100);
    assert.deepEqual(
      frames.map(({ events, seen, matching, shown }) => [events.map(({ id }) => id), seen, matching, shown]),
      [[["c"], 3, 3, 1]],
    );
  });

  it("A stop ends the taps of its readers", (t) => {
    const { tails, toldOf, tick } = started(t);
    tails.open(REQUEST, () => true);
    tails.open(REQUEST, () => true);
    toldOf();
    tails.stop();
    assert.deepEqual(toldOf(), ["end tap-0", "end tap-1"]);
    tick(60_000);
    assert.deepEqual(toldOf(), []);
  });

  it("A frame of a tap that nobody reads here, and a message that is none, are passed over", async (t) => {
    const { tails, broker } = started(t);
    tails.open(REQUEST, () => assert.fail("it is of another tail"));
    const frame = { events: [], seen: 1, matching: 1, passedOver: 0, shown: 0 };
    await broker.broadcast(encodeTapMessage({ type: "frame", id: "another", frame }));
    await broker.broadcast(Buffer.from("something else"));
  });
});
