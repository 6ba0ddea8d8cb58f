import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as sleepFor } from "node:timers/promises";
import type { Broker } from "../../../src/ports/broker/broker.ts";
import type { QueueBrowser, QueueCounts } from "../../../src/ports/broker/inspector.ts";
import type { Publisher } from "../../../src/ports/broker/publisher.ts";
import type { HeaderValue, Message } from "../../../src/domain/queue/message.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import { functionDeadLetterHeaders } from "../../../src/domain/failure/dead-letter.ts";
import type { DeadLetterFilter } from "../../../src/domain/failure/dead-letter-reading.ts";
import type { DeadLetters, RedriveOptions } from "../../../src/ports/admin/dead-letters.ts";
import type { Delivery } from "../../../src/domain/delivery/delivery.ts";
import { deliveryHeaders, readDelivery } from "../../../src/domain/delivery/delivery-message.ts";
import { DEAD_LETTER_QUEUE, PARKED_QUEUE } from "../../../src/domain/queue/queues.ts";
import { openSqliteBroker } from "../../../src/edge/sqlite/broker/broker.ts";
import { planUnknownBus } from "../../../src/flow/route/plan.ts";
import { createDeadLetters } from "../../../src/flow/redrive/redrive.ts";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import { eventually } from "../../contract/waiting.ts";
import { RecordingObserver } from "../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../support/sample.ts";

const EVENT = JSON.stringify({ id: "e-1", source: "shop", "detail-type": "T", detail: { total: 1 } });
const ORIGIN = { "busbar-bus": "default", "busbar-rule": "big", "busbar-target": "process" };
const NOW_MS = Date.now();

const config = sampleConfig({
  functions: [sampleFunction("f")],
  queues: ["failed", "orders"],
  buses: ["audit"],
  rules: [
    sampleRule("big", { source: ["shop"] }, [
      sampleTarget("process", { kind: "function", name: "f" }),
      sampleTarget("copy", { kind: "queue", name: "orders" }),
      sampleTarget("mirror", { kind: "event-bus", name: "audit" }),
    ]),
    sampleRule("seen", { source: ["shop"] }, [sampleTarget("log", { kind: "queue", name: "orders" })], {
      bus: "audit",
    }),
  ],
});

function delivery(id: string, changes: Partial<Delivery> = {}): Delivery {
  return {
    id,
    destination: { kind: "function", name: "f" },
    origin: { bus: "default", rule: "big", target: "process" },
    body: Buffer.from(EVENT),
    attempt: 3,
    countedRetries: 2,
    firstAtMs: 1_000,
    hops: 2,
    budget: 7,
    suspicions: 3,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ...changes,
  };
}

function dead(id: string, changes: Partial<Delivery> = {}, headers: Record<string, HeaderValue> = {}): Message {
  const of = delivery(id, changes);
  const error = { ERROR_CODE: "TIMEOUT", ERROR_MESSAGE: "slow" };
  return { queue: "failed", id, body: Buffer.from(of.body), headers: { ...deliveryHeaders(of), ...error, ...headers } };
}

/** One that was made before there was a delivery. */
function stillborn(id: string, target: string, queue = "failed"): Message {
  const headers = { ...ORIGIN, "busbar-target": target, "busbar-first-at": 1_000, ERROR_CODE: "INTERNAL_ERROR" };
  return { queue, id, body: Buffer.from(EVENT), headers };
}

/** Messages of a user's own, which are no dead letters. */
function foreign(count: number): Message[] {
  return Array.from({ length: count }, (_, n) => ({
    queue: "failed",
    id: `x-${n}`,
    body: Buffer.from("x"),
    headers: {},
  }));
}

describe("redriving", () => {
  let folder: string;
  let broker: Broker;
  let observer: RecordingObserver;
  let deadLetters: DeadLetters;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "busbar-redrive-"));
    broker = await openSqliteBroker({ folder, events: {} });
    await broker.declare(declarationsOf(config));
    observer = new RecordingObserver();
    deadLetters = over(broker);
  });
  afterEach(async () => {
    await broker.close();
    await rm(folder, { recursive: true });
  });

  type RedriveBroker = Publisher & QueueBrowser & QueueCounts;
  const sleepReally = (ms: number, signal: AbortSignal): Promise<void> => sleepFor(ms, undefined, { signal });

  function over(on: RedriveBroker, steadyMs = () => performance.now(), sleep = sleepReally): DeadLetters {
    return createDeadLetters({
      pause: () => Promise.resolve(),
      broker: on,
      config: () => config,
      identity: IDENTITY,
      observer,
      deriveId: (text) => `of ${text}`,
      nowMs: Date.now,
      steadyMs,
      sleep,
    });
  }

  const redrive = (queue: string, filter: DeadLetterFilter = {}, options: Partial<RedriveOptions> = {}) =>
    deadLetters.redrive(queue, filter, { to: "target", ...options }, unattended());
  const contents = (queue: string) => broker.peek(queue, 1_000);
  const idsIn = async (queue: string) => (await contents(queue)).map(({ id }) => id).toSorted();

  it("A redrive begins a delivery anew under its id", async () => {
    await broker.publish([dead("d-1")]);
    const { redriven, end, looked } = await redrive("failed");
    assert.deepEqual({ redriven, end, looked }, { redriven: 1, end: "finished", looked: 1 });
    assert.deepEqual(await contents("failed"), []);
    const [message] = await contents("busbar.function.f");
    const read = readDelivery(message!);
    assert.ok(read.ok);
    const { firstAtMs, ...rest } = read.delivery;
    assert.ok(firstAtMs >= NOW_MS);
    const { firstAtMs: acceptedAtMs, ...before } = delivery("d-1");
    const anew = { attempt: 1, countedRetries: 0, suspicions: 0, redriven: 1, acceptedAtMs };
    assert.deepEqual(rest, { ...before, ...anew });
    assert.equal(message?.headers["ERROR_CODE"], undefined);
    assert.deepEqual(observer.events, ["redriven failed target 1"]);
  });

  it("A redrive says why it leaves what it cannot redrive", async () => {
    await broker.publish([
      dead("no-function", { destination: { kind: "function", name: "gone" } }),
      dead("no-rule", { origin: { bus: "default", rule: "gone", target: "process" } }),
      stillborn("no-target", "gone"),
      { queue: "failed", id: "loop", body: Buffer.from(EVENT), headers: { ERROR_CODE: "INVALID_PARAMETER" } },
      dead("fine"),
    ]);
    const { redriven, unredrivable, examples } = await redrive("failed");
    assert.deepEqual({ redriven, unredrivable }, { redriven: 1, unredrivable: { target_gone: 3, no_target: 1 } });
    assert.deepEqual(
      examples.map(({ id, message }) => `${id}: ${message}`),
      [
        'no-function: function "gone" is not in the configuration',
        "no-rule: rule default/gone or its target process is not in the configuration",
        "no-target: rule default/big or its target gone is not in the configuration",
        "loop: it does not say which target it had",
      ],
    );
    assert.deepEqual(await idsIn("failed"), ["loop", "no-function", "no-rule", "no-target"]);
    const counted = await deadLetters.count("failed", {}, "target");
    assert.deepEqual([counted.selected, counted.unredrivable], [4, { target_gone: 3, no_target: 1 }]);
  });

  it("A redrive makes the delivery that was never made, for each kind of target", async () => {
    await broker.publish(["process", "copy", "mirror"].map((target) => stillborn(`d-${target}`, target)));
    assert.equal((await redrive("failed")).redriven, 3);
    const [call] = await contents("busbar.function.f");
    assert.deepEqual(
      [call?.id, call?.headers["busbar-redriven"], call?.headers["busbar-attempt"]],
      ["d-process", 1, 1],
    );
    const stored = await contents("orders");
    assert.deepEqual(
      stored.map(({ id, headers }) => [id, headers["busbar-rule"], headers["busbar-redriven"]]),
      [
        ["d-copy", "big", 1],
        ['of ["d-mirror","audit","seen","log",0]', "seen", 1],
      ],
    );
    assert.ok(
      stored.every(({ body, headers }) => body.toString() === EVENT && headers["busbar-accepted-at"] === 1_000),
    );
  });

  it("A redrive puts on the bus again, with ids that are the same each time", async () => {
    const unmatched = { ...dead("unmatched"), body: Buffer.from('{"source":"other"}') };
    await broker.publish([dead("d-1"), unmatched, { ...dead("torn"), body: Buffer.from("{") }]);
    const first = await redrive("failed", {}, { to: "bus" });
    assert.deepEqual([first.redriven, first.unredrivable], [1, { unmatched: 1, unreadable: 1 }]);
    const once = [...(await idsIn("busbar.function.f")), ...(await idsIn("orders"))];
    assert.equal(new Set(once).size, 3);
    await broker.purge("busbar.function.f");
    await broker.purge("orders");
    await broker.publish([dead("d-1")]);
    await redrive("failed", { id: "d-1" }, { to: "bus" });
    assert.deepEqual([...(await idsIn("busbar.function.f")), ...(await idsIn("orders"))], once);
    assert.deepEqual(await idsIn("failed"), ["torn", "unmatched"]);
  });

  it("A redrive puts on its bus what came before the bus was there", async () => {
    const parts = { source: "shop", detailType: "Ordered", json: EVENT, body: Buffer.from(EVENT) };
    const event = { id: "e-1", bus: "audit", ...parts, acceptedAtMs: 1_000 };
    await broker.publish([planUnknownBus(event, "d-1").message]);
    assert.deepEqual((await redrive(DEAD_LETTER_QUEUE)).unredrivable, { no_target: 1 });
    assert.equal((await redrive(DEAD_LETTER_QUEUE, {}, { to: "bus" })).redriven, 1);
    assert.equal((await contents("orders"))[0]?.headers["busbar-rule"], "seen");
  });

  it("A redrive sends a parked poison back to its own queue, and leaves what cannot be read", async () => {
    const parked = { "busbar-parked-from": "busbar.function.f", "busbar-parked-reason": "crashed" };
    const poison = {
      ...dead("poison"),
      queue: PARKED_QUEUE,
      headers: { ...deliveryHeaders(delivery("poison")), ...parked },
    };
    const broken = { queue: PARKED_QUEUE, id: "broken", body: Buffer.from([0, 255]), headers: { any: "thing" } };
    const cut = { ...poison, id: "cut", body: Buffer.from("{not JSON}") };
    await broker.publish([broken, cut, poison]);
    const { redriven, unredrivable } = await redrive(PARKED_QUEUE);
    assert.deepEqual({ redriven, unredrivable }, { redriven: 1, unredrivable: { unreadable: 2 } });
    const [back] = await contents("busbar.function.f");
    assert.deepEqual([back?.id, back?.crashes, back?.headers["busbar-suspicions"]], ["poison", 0, undefined]);
    const [left] = await contents(PARKED_QUEUE);
    assert.deepEqual([left?.id, left?.body, left?.headers], ["broken", broken.body, broken.headers]);
  });

  it("A redrive gives a function its payload again from its own dead-letter queue, and its bus the event", async () => {
    const given = delivery("d-1", { body: Buffer.from('{"total":1.0}'), rendered: { eventJson: EVENT } });
    const lambdas = functionDeadLetterHeaders("d-1", { reason: "timeout", message: "slow" });
    const letter = (id: string, from: Delivery) =>
      ({
        queue: "failed",
        id,
        body: Buffer.from(from.body),
        headers: { ...deliveryHeaders(from), ...lambdas },
      }) as const;
    await broker.publish([letter("d-1", given)]);
    assert.equal((await redrive("failed", { errorCode: "TIMEOUT" })).redriven, 1);
    const [again] = await contents("busbar.function.f");
    const read = readDelivery(again!);
    assert.ok(read.ok);
    assert.deepEqual([read.delivery.body, read.delivery.rendered], [given.body, { eventJson: EVENT }]);

    await broker.publish([letter("d-2", given), letter("d-3", { ...given, rendered: {} })]);
    const { redriven, unredrivable } = await redrive("failed", {}, { to: "bus" });
    assert.deepEqual({ redriven, unredrivable }, { redriven: 1, unredrivable: { unreadable: 1 } });
    assert.equal((await contents("orders"))[0]?.body.toString(), EVENT);
    assert.deepEqual(await idsIn("failed"), ["d-3"]);
  });

  it("A redrive, and a purge, says how many messages it had browsed when the broker failed", async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `d-${n}`);
    // More than one step of 50, of which the first has 40 of one code and 10 of the other.
    await broker.publish(ids.map((id) => dead(id, {}, Number(id.slice(2)) < 40 ? {} : { ERROR_CODE: "THROTTLING" })));
    const brokenAfterOneStep = over({
      publish: (...given) => broker.publish(...given),
      declare: (...given) => broker.declare(...given),
      depth: (queue) => broker.depth(queue),
      browse: async (queue) => {
        const browsing = await broker.browse(queue);
        let steps = 0;
        return {
          ...browsing,
          next: (limit) => (steps++ === 0 ? browsing.next(limit) : Promise.reject(new Error("away"))),
        };
      },
    });
    const filter = { errorCode: "THROTTLING" };
    const redriven = await brokenAfterOneStep.redrive("failed", filter, { to: "target" }, unattended());
    assert.deepEqual(
      { redriven: redriven.redriven, looked: redriven.looked, end: redriven.end, problem: redriven.problem },
      { redriven: 10, looked: 50, end: "failed", problem: "away" },
    );
    await broker.publish([dead("d-60")]);
    const { left, ...purged } = await brokenAfterOneStep.purge("failed", { errorCode: "TIMEOUT" }, unattended());
    assert.deepEqual(purged, { purged: 40, looked: 50, end: "failed", problem: "away" });
    assert.ok(left > 0);
  });

  it("A redrive does not redrive a delivery that has failed again meanwhile", async () => {
    await broker.publish([
      dead("before", { firstAtMs: Date.now() - 1, redriven: 1 }),
      dead("now", { firstAtMs: Date.now() + 9_999, redriven: 1 }),
    ]);
    assert.equal((await redrive("failed")).redriven, 1);
    assert.deepEqual(await idsIn("failed"), ["now"]);
  });

  it("A redrive stops at its limit, and goes on with the rest the next time", async () => {
    await broker.publish(Array.from({ length: 130 }, (_, n) => dead(`d-${n}`)));
    const ends = [];
    for (let left = 5; left > 0; left--) ends.push(await redrive("failed", {}, { limit: 60 }));
    assert.deepEqual(ends.map(({ redriven, end }) => [redriven, end]).slice(0, 4), [
      [60, "limit"],
      [60, "limit"],
      [10, "finished"],
      [0, "finished"],
    ]);
    assert.equal((await broker.depth("busbar.function.f"))?.ready, 130);
  });

  /** The embedded broker by a clock of the test's own: a depth takes 50 ms, a step of a browse `stepMs` and a publish 30. */
  function timed(stepMs: (step: number) => number) {
    let nowMs = 0;
    let steps = 0;
    const sentAtMs: number[] = [];
    const browses: number[] = [];
    const taking = <Result>(ms: number, result: Promise<Result>): Promise<Result> => {
      nowMs += ms;
      return result;
    };
    const slow: RedriveBroker = {
      ...bound(broker),
      depth: (queue) => taking(50, broker.depth(queue)),
      publish: (messages) => {
        sentAtMs.push(...messages.map(() => nowMs));
        return taking(30, broker.publish(messages));
      },
      browse: async (queue) => {
        const browsing = await broker.browse(queue);
        browses.push(0);
        const next = async (limit: number) => {
          const step = await taking(stepMs(++steps), browsing.next(limit));
          browses.push((browses.pop() ?? 0) + step.length);
          return step;
        };
        return {
          get met() {
            return browsing.met;
          },
          next,
          end: () => browsing.end(),
        };
      },
    };
    const clock = (): number => nowMs;
    deadLetters = over(slow, clock, (ms) => taking(ms, Promise.resolve()));
    return { sentAtMs, browses };
  }

  it("A redrive keeps to its rate, whatever each step takes", async () => {
    await broker.publish(Array.from({ length: 600 }, (_, n) => dead(`d-${n}`)));
    const { sentAtMs } = timed(() => 20);
    assert.equal((await redrive("failed", {}, { ratePerSecond: 100 })).redriven, 600);
    const perSecond = 599_000 / ((sentAtMs.at(-1) ?? 0) - (sentAtMs[0] ?? 0));
    assert.ok(perSecond > 90 && perSecond < 110, `${perSecond} a second`);
  });

  it("A redrive catches up with two seconds of its rate at most, after a long browse", async () => {
    await broker.publish([dead("first"), ...foreign(49), ...Array.from({ length: 50 }, (_, n) => dead(`d-${n}`))]);
    const { sentAtMs } = timed((step) => (step === 2 ? 60_000 : 20));
    assert.equal((await redrive("failed", {}, { ratePerSecond: 10 })).redriven, 51);
    const afterAMinute = sentAtMs.filter((atMs) => atMs > 60_000);
    const [begin = 0] = afterAMinute;
    assert.equal(afterAMinute.length, 50);
    assert.ok(afterAMinute.filter((atMs) => atMs < begin + 90).length <= 21, sentAtMs.join(" "));
    assert.ok((afterAMinute.at(-1) ?? 0) - begin >= 2_900);
  });

  it("A redrive does not read what comes to the queue after it began", async () => {
    await broker.publish([dead("d-1"), dead("d-2")]);
    deadLetters = over({
      ...bound(broker),
      browse: async (queue) => {
        await broker.publish([dead("late")]);
        return broker.browse(queue);
      },
    });
    const { redriven, looked, end } = await redrive("failed");
    assert.deepEqual({ redriven, looked, end }, { redriven: 2, looked: 2, end: "finished" });
    assert.deepEqual(await idsIn("failed"), ["late"]);
  });

  it("A redrive passes any number of messages that it leaves, and reads each once", async () => {
    await broker.publish([...foreign(12_000), ...["d-1", "d-2", "d-3"].map((id) => dead(id))]);
    const { browses } = timed(() => 1);
    const { redriven, looked, end } = await redrive("failed");
    assert.deepEqual({ redriven, looked, end }, { redriven: 3, looked: 12_003, end: "finished" });
    assert.deepEqual(browses, [12_003]);
    assert.equal((await broker.depth("failed"))?.ready, 12_000);
    assert.deepEqual(await idsIn("busbar.function.f"), ["d-1", "d-2", "d-3"]);

    await broker.publish([dead("d-4")]);
    const { selected, end: countEnd } = await deadLetters.count("failed", {}, "target");
    assert.deepEqual([selected, countEnd], [1, "finished"]);
    const purged = await deadLetters.purge("failed", { errorCode: "TIMEOUT" }, unattended());
    assert.deepEqual(purged, { purged: 1, looked: 12_001, left: 0, end: "finished" });
    assert.deepEqual(browses, [12_003, 12_001, 12_001]);
  });

  it("A redrive gives everything back after 20 minutes, and begins again while some are redriven", async () => {
    await broker.publish([
      dead("stays", { destination: { kind: "function", name: "gone" } }),
      ...Array.from({ length: 400 }, (_, n) => dead(`d-${n}`)),
    ]);
    const { browses } = timed(() => 400_001);
    const { redriven, looked, end, unredrivable } = await redrive("failed");
    assert.deepEqual(
      { redriven, end, unredrivable },
      { redriven: 400, end: "finished", unredrivable: { target_gone: 1 } },
    );
    assert.deepEqual(browses, [150, 150, 103]);
    assert.equal(looked, 403);
    assert.deepEqual(await idsIn("failed"), ["stays"]);
  });

  it("A redrive or a purge that begins again after 20 minutes leaves out what has come since it began", async () => {
    timed(() => 400_001);
    const { signal } = new AbortController();
    for (const run of ["redrive", "purge"] as const) {
      await broker.publish(Array.from({ length: 200 }, (_, n) => dead(`d-${n}`)));
      let arrived: Promise<void> | undefined;
      const reached = (): void => {
        arrived ??= broker.publish([dead(`late for the ${run}`, { firstAtMs: Date.now() + 60_000 })]);
      };
      const control = { signal, reached };
      const { end } = await (run === "redrive"
        ? deadLetters.redrive("failed", {}, { to: "target" }, control)
        : deadLetters.purge("failed", {}, control));
      await arrived;
      assert.deepEqual([end, await idsIn("failed")], ["finished", [`late for the ${run}`]]);
      await broker.purge("failed");
    }
  });

  it(
    "A redrive ends when 20 minutes have passed in which it redrove none, and says so",
    { timeout: 30_000 },
    async () => {
      await broker.publish([...foreign(200), dead("d-1")]);
      timed(() => 700_000);
      const { redriven, looked, end } = await redrive("failed");
      assert.deepEqual({ redriven, looked, end }, { redriven: 0, looked: 100, end: "time" });
      assert.equal((await broker.depth("failed"))?.ready, 201);
      timed(() => 15_000);
      const shown = await deadLetters.show("failed", "d-1");
      assert.deepEqual(shown, { message: undefined, looked: 100, end: "time" });
    },
  );

  it("A redrive ends when its caller has gone, while it reads and while it waits, and gives back what it holds", async () => {
    await broker.publish([...foreign(100), ...["d-1", "d-2"].map((id) => dead(id))]);
    for (const ratePerSecond of [undefined, 1]) {
      const leaving = new AbortController();
      const options = { to: "target", ...(ratePerSecond === undefined ? {} : { ratePerSecond }) } as const;
      const left = new Error("gone");
      const reached = ({ looked }: { looked: number }): void => {
        if (ratePerSecond === undefined || looked === 102) leaving.abort(left);
      };
      const run = await deadLetters.redrive("failed", {}, options, { signal: leaving.signal, reached });
      const looked = ratePerSecond === undefined ? 50 : 102;
      assert.deepEqual([run.redriven, run.looked, run.end, run.problem], [0, looked, "failed", "gone"]);
      assert.equal((await broker.depth("failed"))?.ready, 102);
    }
  });

  it("A redrive ends when the router stops, after giving back what it holds", async () => {
    await broker.publish([dead("d-1"), dead("d-2")]);
    const running = redrive("failed", {}, { ratePerSecond: 1 });
    await eventually("one is held", async () => (await broker.depth("failed"))?.ready === 0);
    await deadLetters.stop();
    assert.equal((await broker.depth("failed"))?.ready, 2);
    const { end, problem } = await running;
    assert.deepEqual([end, problem], ["failed", "the router is stopping"]);
  });

  it("A redrive leaves a message that the broker does not confirm", async () => {
    await broker.publish([dead("d-1"), dead("d-2"), dead("d-3")]);
    const declining = {
      ...bound(broker),
      publish: async (messages: readonly Message[]) => {
        await broker.publish(messages.filter(({ id }) => id !== "d-2"));
        throw new PublishError([{ index: messages.findIndex(({ id }) => id === "d-2"), reason: "timeout" }]);
      },
    };
    deadLetters = over(declining);
    const { redriven, end, problem } = await redrive("failed");
    assert.deepEqual([redriven, end, problem], [2, "failed", "the broker did not confirm 1 message(s): timeout"]);
    assert.deepEqual(await idsIn("failed"), ["d-2"]);
    assert.deepEqual(await idsIn("busbar.function.f"), ["d-1", "d-3"]);
    assert.deepEqual(observer.events, ["redriven failed target 2"]);
  });

  it("Two redrives of one queue share it, each message to one of them", async () => {
    await broker.publish(Array.from({ length: 200 }, (_, n) => dead(`d-${n}`)));
    const both = await Promise.all([redrive("failed"), redrive("failed")]);
    assert.equal(both[0].redriven + both[1].redriven, 200);
    assert.equal(new Set(await idsIn("busbar.function.f")).size, 200);
    assert.equal((await broker.depth("busbar.function.f"))?.ready, 200);
  });

  it("A purge deletes only the selected dead letters", async () => {
    const theirs = { queue: "failed", id: "theirs", body: Buffer.from("x"), headers: { "busbar-rule": "big" } };
    await broker.publish([dead("d-1"), theirs, dead("d-2", {}, { ERROR_CODE: "THROTTLING" })]);
    const purge = (filter: DeadLetterFilter) => deadLetters.purge("failed", filter, unattended());
    assert.equal((await purge({ errorCode: "TIMEOUT" })).purged, 1);
    assert.deepEqual(await idsIn("failed"), ["d-2", "theirs"]);
    assert.equal((await purge({})).purged, 1);
    assert.deepEqual(await contents("failed"), [{ ...theirs, crashes: 0 }]);
    assert.deepEqual(observer.events, ["purged failed 1", "purged failed 1"]);
  });

  it("A redrive finds nothing in a queue that is empty, or that somebody deleted", async () => {
    for (const queue of [DEAD_LETTER_QUEUE, "nowhere"]) {
      assert.deepEqual(await deadLetters.list(queue, {}, 10), { deadLetters: [], looked: 0, end: "finished" });
      assert.deepEqual(await deadLetters.show(queue, "d-1"), { message: undefined, looked: 0, end: "finished" });
    }
  });
});

/** A run that nobody ends or follows. */
function unattended(): { signal: AbortSignal; reached: () => void } {
  return { signal: new AbortController().signal, reached: () => undefined };
}

/** The broker's methods as those of a plain object, some of which a test replaces. */
function bound(broker: Broker): Publisher & QueueBrowser & QueueCounts {
  return {
    publish: (messages) => broker.publish(messages),
    declare: (queues) => broker.declare(queues),
    browse: (queue) => broker.browse(queue),
    depth: (queue) => broker.depth(queue),
  };
}
