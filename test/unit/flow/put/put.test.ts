import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { declarationOf } from "../../../../src/domain/queue/queues.ts";
import type { Config } from "../../../../src/domain/config.ts";
import type { RequestEntry } from "../../../../src/ports/put.ts";
import { InFlightBytes } from "../../../../src/flow/budget/in-flight.ts";
import { Admission } from "../../../../src/flow/put/admission.ts";
import { FairShare } from "../../../../src/flow/put/fair-share.ts";
import { createPut } from "../../../../src/flow/put/put.ts";
import { testLimits } from "../../../support/limits.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const NOW_MS = Date.parse("2026-01-02T03:04:05.678Z");

const anyTurn = (): Promise<void> => Promise.resolve();

function setUp(config: Config, limitBytes = 1 << 20, entriesMax = 100, nowMs = () => NOW_MS, nextTurn = anyTurn) {
  const broker = new ScriptedStorage();
  const observer = new RecordingObserver();
  const { limits, met } = testLimits({ entriesInFlight: entriesMax });
  let ids = 0;
  const putEntries = createPut({
    pause: () => Promise.resolve(),
    broker,
    observer,
    config: () => config,
    identity: IDENTITY,
    inFlight: new InFlightBytes(limitBytes),
    admission: new Admission(limits.entriesInFlight, () => 0),
    share: new FairShare(nextTurn),
    newId: () => `id-${++ids}`,
    nowMs,
  });
  return { broker, observer, putEntries, met };
}

const order: RequestEntry = { source: "shop", detailType: "OrderPlaced", detail: '{"total": 1.0}' };
const shop = { source: ["shop"] };
const toFunction = sampleTarget("call", { kind: "function", name: "f" });
const toQueue = sampleTarget("keep", { kind: "queue", name: "kept" });

describe("an entry", () => {
  it("An entry that matches is stored once for each target before it is answered", async () => {
    const rules = [sampleRule("r", shop, [toFunction, toQueue])];
    const { putEntries, broker } = setUp(sampleConfig({ functions: [sampleFunction("f")], rules }));
    const result = await putEntries([order]);
    assert.deepEqual(result, { kind: "answered", entries: [{ ok: true, eventId: "id-1" }] });
    assert.deepEqual(
      broker.stored.map((message) => message.queue),
      ["busbar.function.f", "kept"],
    );
  });

  it("An entry becomes an event in EventBridge's field order, its detail letter for letter", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }));
    await putEntries([{ ...order, resources: ["a"], timeMs: Date.parse("2026-01-01T00:00:00.999Z") }]);
    assert.equal(
      broker.stored[0]?.body.toString(),
      '{"version":"0","id":"id-1","detail-type":"OrderPlaced","source":"shop","account":"000000000000",' +
        '"time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":["a"],"detail":{"total": 1.0}}',
    );
  });

  it("An entry's trace is on the messages that it becomes", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }));
    const traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    await putEntries([{ ...order, traceparent }]);
    assert.equal(broker.stored[0]?.headers["traceparent"], traceparent);
  });

  it("An entry with a time of its own is as old as its acceptance, not as its time", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }));
    await putEntries([{ ...order, timeMs: NOW_MS - 86_400_000 }]);
    assert.equal(broker.stored[0]?.headers["busbar-first-at"], NOW_MS);
  });

  it("An entry that came with an id of its own, as a CloudEvent does, keeps it", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }));
    const result = await putEntries([{ ...order, id: "theirs" }]);
    assert.deepEqual(result, { kind: "answered", entries: [{ ok: true, eventId: "theirs" }] });
    assert.equal(broker.stored[0]?.headers["busbar-event-id"], "theirs");
  });

  for (const [what, entry, code, message] of [
    [
      "no source",
      { ...order, source: "" },
      "InvalidArgument",
      "Parameter Source is not valid. Reason: Source is a required argument.",
    ],
    [
      "no detail",
      { source: "s", detailType: "t" },
      "InvalidArgument",
      "Parameter Detail is not valid. Reason: Detail is a required argument.",
    ],
    ["a detail that is a list", { ...order, detail: "[]" }, "MalformedDetail", "Detail is malformed."],
    ["a detail that is broken", { ...order, detail: '{"a":' }, "MalformedDetail", "Detail is malformed."],
  ] as const) {
    it(`An entry with ${what} fails without failing the others`, async () => {
      const { putEntries } = setUp(sampleConfig({}));
      const result = await putEntries([entry, order]);
      assert.deepEqual(result.kind === "answered" && result.entries[0], { ok: false, code, message });
      assert.equal(result.kind === "answered" && result.entries[1]?.ok, true);
    });
  }

  it("An entry for a missing bus with an endless name has 1 KB of the name in its dead letter", async () => {
    const { putEntries, broker } = setUp(sampleConfig({}));
    await putEntries([{ ...order, eventBusName: "x".repeat(300_000) }]);
    const [dead] = broker.stored;
    assert.equal(dead?.headers["ERROR_MESSAGE"], `Event bus ${"x".repeat(1_014)}`);
    assert.equal(dead.headers["busbar-bus"], "x".repeat(1_024));
  });

  it("An entry for a bus that does not exist is accepted, kept as a dead letter, and counted as unknown", async () => {
    const { putEntries, broker, observer } = setUp(sampleConfig({}));
    const result = await putEntries([{ ...order, eventBusName: "nowhere" }]);
    assert.equal(result.kind === "answered" && result.entries[0]?.ok, true);
    assert.equal(broker.stored[0]?.queue, "busbar.dead-letter");
    assert.equal(broker.stored[0].headers["ERROR_CODE"], "NO_RESOURCE");
    assert.equal(observer.puts[0]?.entries[0]?.bus, "unknown");
  });

  it("An entry is matched in place on the bus of a bus target, and the bus is found by its ARN", async () => {
    const onward = sampleRule("mirror", shop, [sampleTarget("audit", { kind: "event-bus", name: "audit" })]);
    const keep = sampleRule("keep", shop, [toQueue], { bus: "audit" });
    const { putEntries, broker, observer } = setUp(sampleConfig({ buses: ["audit"], rules: [onward, keep] }));
    await putEntries([{ ...order, eventBusName: "arn:aws:events:us-east-1:000000000000:event-bus/default" }]);
    assert.deepEqual(
      broker.stored.map((message) => message.queue),
      ["kept"],
    );
    assert.deepEqual(observer.puts[0]?.entries[0]?.matched, [
      { bus: "default", rule: "mirror" },
      { bus: "audit", rule: "keep" },
    ]);
  });

  it("An entry that goes round in circles ends in the dead letters after 16 buses", async () => {
    const circle = sampleRule("circle", shop, [sampleTarget("again", { kind: "event-bus", name: "default" })]);
    const { putEntries, broker } = setUp(sampleConfig({ rules: [circle] }));
    await putEntries([order]);
    assert.deepEqual(
      broker.stored.map((message) => message.queue),
      ["busbar.dead-letter"],
    );
    assert.match(String(broker.stored[0]?.headers["ERROR_MESSAGE"]), /16 event buses/);
  });

  it("An entry that would make more than a thousand deliveries is refused, and nothing of it is stored", async () => {
    const twice = ["a", "b"].map((id) => sampleTarget(id, { kind: "event-bus", name: "default" }));
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("explode", shop, twice)] }));
    const result = await putEntries([order]);
    assert.equal(result.kind === "answered" && !result.entries[0]?.ok && result.entries[0]?.code, "InternalFailure");
    assert.deepEqual(broker.stored, []);
  });

  it("An entry whose conditions cannot be evaluated goes to the target's dead letters", async () => {
    const conditions = { areMet: () => Promise.reject(new Error("no such fact")), unmet: () => assert.fail() };
    const target = { ...toQueue, deadLetterQueue: "dead" };
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [target], { conditions })] }));
    await putEntries([order]);
    assert.equal(broker.stored[0]?.queue, "dead");
    assert.equal(broker.stored[0].headers["ERROR_CODE"], "INTERNAL_ERROR");
  });

  it("An entry whose conditions are not met matches nothing", async () => {
    const conditions = { areMet: () => Promise.resolve(false), unmet: () => assert.fail() };
    const { putEntries, broker, observer } = setUp(
      sampleConfig({ rules: [sampleRule("r", shop, [toQueue], { conditions })] }),
    );
    await putEntries([order]);
    assert.deepEqual(broker.stored, []);
    assert.deepEqual(observer.puts[0]?.entries[0]?.matched, []);
  });
});

describe("a put", () => {
  it("A put refuses whole the entry of which one message is not confirmed, and no other", async () => {
    const rules = [
      sampleRule("r", shop, [toFunction, toQueue]),
      sampleRule("other", { source: ["bank"] }, [toFunction]),
    ];
    const { putEntries, broker, observer } = setUp(sampleConfig({ functions: [sampleFunction("f")], rules }));
    broker.refusals.set("kept", "timeout");
    const result = await putEntries([order, { ...order, source: "bank" }]);
    assert.deepEqual(result.kind === "answered" && result.entries.map((entry) => (entry.ok ? "ok" : entry.code)), [
      "InternalFailure",
      "ok",
    ]);
    assert.equal(observer.puts[0]?.outcome, "partial");
  });

  it("A put of which two queues fail in two ways names each entry's own reason", async () => {
    const rules = ["kept", "deleted", "full"].map((name) =>
      sampleRule(name, { source: [name] }, [sampleTarget("t", { kind: "queue", name })]),
    );
    const { putEntries, broker } = setUp(sampleConfig({ queues: ["kept", "deleted", "full"], rules }));
    broker.refusals.set("deleted", "unroutable").set("full", "refused");
    const result = await putEntries(["kept", "full", "deleted"].map((source) => ({ ...order, source })));
    assert.deepEqual(
      result.kind === "answered" && result.entries.map((entry) => (entry.ok ? "stored" : entry.message)),
      ["stored", "The event could not be stored: refused.", "The event could not be stored: unroutable."],
    );
  });

  it("A put counts neither deliveries nor dead letters of an entry that it answers as InternalFailure", async () => {
    const rules = [sampleRule("r", shop, [toFunction, sampleTarget("loop", { kind: "event-bus", name: "default" })])];
    const { putEntries, broker, observer } = setUp(sampleConfig({ functions: [sampleFunction("f")], rules }));
    broker.refusals.set("busbar.function.f", "timeout");
    await putEntries([order]);
    const { outcome, published, deadLetters } = observer.puts[0]!.entries[0]!;
    assert.deepEqual(
      { outcome, published, deadLetters },
      { outcome: "InternalFailure", published: [], deadLetters: [] },
    );
  });

  it("A put of many small messages is throttled by their bookkeeping, which uses memory too", async () => {
    const targets = Array.from({ length: 100 }, (_, index) => ({ ...toQueue, id: `t-${index}` }));
    // Puts may have half of it: 100 bodies of 200 bytes fit, and 512 bytes more for each do not.
    const { putEntries } = setUp(sampleConfig({ rules: [sampleRule("r", shop, targets)] }), 60_000);
    const result = await putEntries([order]);
    assert.equal(result.kind === "busy" && result.reason, "throttled");
  });

  it("A put declares a deleted queue again, and stores there", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ queues: ["kept"], rules: [sampleRule("r", shop, [toQueue])] }));
    broker.refusals.set("kept", "unroutable");
    broker.mends = true;
    const result = await putEntries([order]);
    assert.equal(result.kind === "answered" && result.entries[0]?.ok, true);
    assert.deepEqual(broker.declared, [declarationOf("kept")]);
    assert.equal(broker.stored.length, 1);
  });

  it("A put of more than 1 MiB of entries is refused whole", async () => {
    const { putEntries, broker } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }));
    const big = { ...order, detail: JSON.stringify({ x: "x".repeat(600_000) }) };
    const result = await putEntries([big, big]);
    assert.deepEqual(result, {
      kind: "refused",
      message: "Total size of the entries in the request is over the limit.",
    });
    assert.deepEqual(broker.stored, []);
  });

  const heavy: readonly [what: string, entry: RequestEntry][] = [
    ["a CloudEvent's id", { ...order, id: "x".repeat(1_100_000) }],
    ["a CloudEvent's extensions", { ...order, cloudevent: { note: "x".repeat(1_100_000) } }],
    ["a trace", { ...order, traceparent: "x".repeat(1_100_000) }],
    ["resources", { ...order, resources: ["x".repeat(1_100_000)] }],
    ["control characters, which JSON writes as six", { ...order, source: "\u0001".repeat(700_000) }],
    ["resources that are empty", { ...order, resources: Array<string>(800_000).fill("") }],
  ];
  for (const [what, entry] of heavy) {
    it(`A put is refused whole when its stored events are too large: ${what}`, async () => {
      const rules = [sampleRule("r", { source: [{ exists: true }] }, [toQueue])];
      const { putEntries, broker } = setUp(sampleConfig({ rules }), 1 << 28);
      assert.equal((await putEntries([entry])).kind, "refused");
      assert.deepEqual(broker.stored, []);
    });
  }

  it("A put of exactly 1 MiB of entries is taken, of which a time counts 14 bytes", async () => {
    const { putEntries } = setUp(sampleConfig({}), 1 << 28);
    const rest = 1_048_576 - "shop".length - "OrderPlaced".length - '{"x":""}'.length;
    const ofBytes = (bytes: number): RequestEntry => ({ ...order, detail: JSON.stringify({ x: "x".repeat(bytes) }) });
    assert.equal((await putEntries([ofBytes(rest)])).kind, "answered");
    assert.equal((await putEntries([ofBytes(rest + 1)])).kind, "refused");
    assert.equal((await putEntries([{ ...ofBytes(rest - 14), timeMs: NOW_MS }])).kind, "answered");
    assert.equal((await putEntries([{ ...ofBytes(rest - 13), timeMs: NOW_MS }])).kind, "refused");
  });

  for (const state of ["blocked", "disconnected"] as const) {
    it(`A put is refused as unavailable while the broker is ${state}`, async () => {
      const { putEntries, broker } = setUp(sampleConfig({}));
      broker.state = state;
      const result = await putEntries([order]);
      assert.equal(result.kind === "busy" && result.reason, "unavailable");
    });
  }

  it("A put waits for the next turn when those before it have used up this one", async () => {
    const turn = Promise.withResolvers<undefined>();
    const { putEntries, broker } = setUp(
      sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }),
      1 << 28,
      1_000,
      () => NOW_MS,
      () => turn.promise,
    );
    await putEntries(Array<RequestEntry>(200).fill(order));
    const waiting = putEntries([order]);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(broker.stored.length, 200);
    turn.resolve(undefined);
    await waiting;
    assert.equal(broker.stored.length, 201);
  });

  it("A put is timed in seconds", async () => {
    const clock = { nowMs: NOW_MS };
    const { putEntries, broker, observer } = setUp(
      sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }),
      1 << 20,
      100,
      () => clock.nowMs,
    );
    const publish = broker.publish.bind(broker);
    broker.publish = (messages) => {
      clock.nowMs += 1_500;
      return publish(messages);
    };
    await putEntries([order]);
    assert.equal(observer.puts[0]?.seconds, 1.5);
  });

  it("A put that is refused for a bus that is not configured is counted as unknown, whatever name it gives", async () => {
    const { putEntries, observer } = setUp(sampleConfig({ buses: ["ops"] }));
    await putEntries([
      { ...order, source: "", eventBusName: "made-up" },
      { ...order, source: "", eventBusName: "ops" },
    ]);
    assert.deepEqual(
      observer.puts[0]?.entries.map(({ bus }) => bus),
      ["unknown", "ops"],
    );
  });

  it("A put is throttled while too many others wait, and taken again when they are done", async () => {
    const rules = [sampleRule("r", shop, [toFunction])];
    const { putEntries, broker, observer, met } = setUp(
      sampleConfig({ functions: [sampleFunction("f")], rules }),
      1 << 20,
      3,
    );
    const waiting = putEntries([order, order]);
    const away = await putEntries([order, order]);
    assert.deepEqual(away, {
      kind: "busy",
      reason: "throttled",
      message: "too many entries are in flight",
      retryAfterSeconds: 1,
    });
    assert.equal((await waiting).kind, "answered");
    assert.equal((await putEntries([order, order])).kind, "answered");
    assert.equal(broker.stored.length, 4);
    assert.deepEqual(met, ["entriesInFlight"]);
    assert.deepEqual(
      observer.puts.map(({ outcome }) => outcome),
      ["throttled", "accepted", "accepted"],
    );
  });

  it("A put of more entries than may wait is taken when nobody else waits", async () => {
    const { putEntries } = setUp(sampleConfig({}), 1 << 20, 1);
    assert.equal((await putEntries([order, order])).kind, "answered");
  });

  it("A put is throttled when too many bytes are in flight", async () => {
    const { putEntries } = setUp(sampleConfig({ rules: [sampleRule("r", shop, [toQueue])] }), 100);
    const result = await putEntries([order]);
    assert.equal(result.kind === "busy" && result.reason, "throttled");
  });
});
