import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import type { Received } from "../../../../src/domain/queue/message.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { deliveryMessage } from "../../../../src/domain/delivery/delivery-message.ts";
import type { FunctionConfig } from "../../../../src/domain/target/function.ts";
import { parseTemplate } from "../../../../src/domain/rule/template.ts";
import type { Target } from "../../../../src/domain/target/target.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { receiveDelivery } from "../../../../src/flow/deliver/receive.ts";
import { createDeliver } from "../../../../src/flow/deliver/deliver.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { ScriptedStorage } from "../../../support/store/scripted-storage.ts";

const QUEUE = "busbar.function.f";
const NOW_MS = Date.parse("2026-01-02T03:04:05.678Z");
const HOUR_MS = 3_600_000;

const delivery: Delivery = {
  id: "d-1",
  destination: { kind: "function", name: "f" },
  origin: { bus: "default", rule: "r", target: "t" },
  body: Buffer.from('{"id":"e-1","source":"shop","detail":{"total":1.0}}'),
  attempt: 1,
  countedRetries: 0,
  firstAtMs: NOW_MS - 10,
  hops: 0,
  suspicions: 0,
};

function received(changes: Partial<Delivery> = {}, message: Partial<Received> = {}): Received {
  return { ...deliveryMessage({ ...delivery, ...changes }, QUEUE), crashes: 0, ...message };
}

const DETAIL: Target["input"] = { kind: "path", path: "$.detail" };

function setUp(
  outcome: Outcome = { ok: true, statusCode: 200 },
  changes: Partial<FunctionConfig> = {},
  input = DETAIL,
) {
  const storage = new ScriptedStorage();
  const observer = new RecordingObserver();
  const payloads: string[] = [];
  const sleptMs: number[] = [];
  const clock = { nowMs: NOW_MS };
  const abandon = new AbortController();
  const leave = new AbortController();
  const fn = sampleFunction("f", {
    onSuccess: { kind: "queue", name: "wins" },
    ...changes,
    deadLetterQueue: "dead",
  });
  const target = sampleTarget("t", { kind: "function", name: "f" }, { input });
  const config = sampleConfig({ functions: [fn], rules: [sampleRule("r", { source: ["shop"] }, [target])] });
  const deliver = createDeliver({
    pause: () => Promise.resolve(),
    broker: storage,
    config: () => config,
    identity: IDENTITY,
    observer,
    newId: () => "new-id",
    nowMs: () => clock.nowMs,
    random: () => 0.5,
    sleep: (ms, signal) => {
      sleptMs.push(ms);
      clock.nowMs += ms;
      return signal.aborted ? Promise.reject(signal.reason as Error) : Promise.resolve();
    },
    abandon: abandon.signal,
    leave: leave.signal,
  });
  const call = (invocation: { payload: Buffer }) => {
    payloads.push(invocation.payload.toString());
    return Promise.resolve(outcome);
  };
  return { storage, observer, payloads, sleptMs, abandon, leave, deliver, call };
}

describe("deliveries", () => {
  it("A delivery gives the function what the target's input makes of the event, and stores the record before it is acked", async () => {
    const { deliver, call, payloads, storage, observer } = setUp();
    assert.equal(await deliver(received(), call), "settled");
    assert.deepEqual(payloads, ['{"total":1.0}']);
    assert.deepEqual(
      storage.stored.map((message) => message.queue),
      ["wins"],
    );
    assert.equal(observer.attempts[0]?.verdict.kind, "done");
    assert.equal(observer.attempts[0].waitSeconds, 0.01);
  });

  it("A redriven delivery gives the function its payload as it is, and keeps its event when it fails again", async () => {
    const failed: Outcome = { ok: false, reason: "client_error", message: "no" };
    const { deliver, call, payloads, storage } = setUp(failed);
    const eventJson = '{"id":"e-1","source":"shop","detail":{"total":1.0}}';
    await deliver(received({ body: Buffer.from('{"total":1.0}'), rendered: { eventJson } }), call);
    assert.deepEqual(payloads, ['{"total":1.0}']);
    const [dead] = storage.stored;
    assert.deepEqual([dead?.queue, dead?.body.toString()], ["dead", '{"total":1.0}']);
    assert.deepEqual([dead?.headers["busbar-rendered"], dead?.headers["busbar-event"]], [1, eventJson]);
  });

  it("A redriven delivery whose event cannot be read is a template error, and does not come back for ever", async () => {
    const { deliver, storage, payloads, call } = setUp(undefined, {
      run: { kind: "http", url: "http://f", format: "cloudevents" },
    });
    const message = received({ body: Buffer.from('{"total":1.0}'), rendered: { eventJson: '{"id":' } });
    assert.equal(await deliver(message, call), "settled");
    assert.deepEqual(payloads, []);
    assert.equal(storage.stored[0]?.headers["busbar-error-code"], "INVALID_JSON");
  });

  it("A redriven delivery's payload has the time of its event's acceptance, not that of the redrive", async () => {
    const parsed = parseTemplate({}, '{"at": <aws.events.event.ingestion-time>}');
    assert.ok(parsed.ok);
    const { deliver, call, payloads } = setUp(undefined, {}, { kind: "template", template: parsed.template });
    await deliver(received({ redriven: 1, acceptedAtMs: NOW_MS - 86_400_000 }), call);
    assert.deepEqual(payloads, ['{"at":"2026-01-01T03:04:05Z"}']);
  });

  it("A call is counted as in flight until it ends, however it ends", async () => {
    const { deliver, call, observer, abandon } = setUp();
    let inFlight = 0;
    observer.invocationStarted = () => {
      inFlight += 1;
    };
    observer.invocationEnded = () => {
      inFlight -= 1;
    };
    const counted: number[] = [];
    await deliver(received(), (invocation) => (counted.push(inFlight), call(invocation)));
    abandon.abort();
    await deliver(received(), () => (counted.push(inFlight), Promise.reject(new Error("the router stops"))));
    assert.deepEqual([counted, inFlight], [[1, 1], 0]);
  });

  it("A delivery holds a verdict until the broker takes it, and does not call the function again meanwhile", async () => {
    const { deliver, call, payloads, storage, observer, sleptMs } = setUp();
    storage.refusals.set("wins", "timeout");
    storage.publish = ((publish) => (messages, options) => {
      if (sleptMs.length === 7) storage.refusals.clear();
      return publish.call(storage, messages, options);
    })(storage.publish.bind(storage));
    assert.equal(await deliver(received(), call), "settled");
    assert.equal(payloads.length, 1);
    assert.deepEqual(sleptMs, [1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000]);
    assert.equal(observer.events.length, 7);
    assert.deepEqual(
      storage.stored.map((message) => message.queue),
      ["wins"],
    );
  });

  it("A delivery is timed until it is settled, its record stored, and not until its call began", async () => {
    const { deliver, call, storage, observer, sleptMs } = setUp();
    storage.refusals.set("wins", "timeout");
    storage.publish = ((publish) => (messages, options) => {
      if (sleptMs.length === 2) storage.refusals.clear();
      return publish.call(storage, messages, options);
    })(storage.publish.bind(storage));
    await deliver(received({ firstAtMs: NOW_MS - 500 }), call);
    assert.deepEqual(sleptMs, [1_000, 2_000]);
    assert.equal(observer.attempts[0]?.successSeconds, 3.5);
    assert.equal(observer.attempts[0].waitSeconds, 0.5);
  });

  it("A kept message that is refused again goes back to the ladder at once, and its place is free", async () => {
    const { deliver, call, storage, sleptMs, payloads } = setUp();
    storage.refusals.set("sad", "refused");
    const kept = received({}, { headers: { "busbar-kept-for": "sad" } });
    assert.equal(await deliver(kept, call), "settled");
    assert.deepEqual([sleptMs, payloads, storage.delaysMs], [[], [], [60_000]]);
  });

  it("A delivery's confirmed message is stored once, however long another of its messages is refused", async () => {
    const onFailure = { kind: "queue", name: "sad" } as const;
    const { deliver, storage, sleptMs, call } = setUp(
      { ok: false, reason: "client_error", message: "no" },
      { onFailure },
    );
    storage.refusals.set("sad", "refused");
    storage.publish = ((publish) => (messages, options) => {
      if (sleptMs.length === 3) storage.refusals.clear();
      return publish.call(storage, messages, options);
    })(storage.publish.bind(storage));
    await deliver(received(), call);
    assert.deepEqual(
      storage.stored.map((message) => message.queue),
      ["dead", "sad"],
    );
  });

  it("A delivery is held for five minutes for a queue that refuses its record, which is kept then", async () => {
    const onFailure = { kind: "queue", name: "sad" } as const;
    const failed: Outcome = { ok: false, reason: "client_error", message: "no" };
    const { deliver, storage, sleptMs, call, payloads, observer } = setUp(failed, { onFailure });
    storage.refusals.set("sad", "refused");
    assert.equal(await deliver(received(), call), "settled");
    const heldMs = sleptMs.reduce((sum, ms) => sum + ms, 0);
    assert.ok(heldMs >= 300_000 && heldMs <= 330_000, `${heldMs}`);
    const [dead, kept] = storage.stored;
    assert.deepEqual([dead?.queue, kept?.queue, storage.stored.length], ["dead", QUEUE, 2]);
    assert.deepEqual(storage.delaysMs, [undefined, 60_000]);
    assert.equal(kept?.headers["busbar-kept-for"], "sad");
    assert.deepEqual(observer.attempts[0]?.records, [
      { condition: "failure", to: { kind: "queue", name: "sad" }, id: "new-id" },
    ]);

    // Back from the ladder it is refused once more, and after that it is taken: nobody is called again.
    const back: Received = { ...kept, crashes: 0 };
    assert.equal(await deliver(back, call), "settled");
    assert.deepEqual(storage.stored[2], kept);
    assert.equal(observer.events.at(-1), "move delayed sad new-id");
    storage.refusals.clear();
    assert.equal(await deliver({ ...back, headers: { ...back.headers, "x-death": [] }, crashes: 7 }, call), "settled");
    const { "busbar-kept-for": _, ...headers } = kept.headers;
    assert.deepEqual(storage.stored[3], { ...kept, queue: "sad", headers });
    assert.equal(payloads.length, 1);
    assert.equal(storage.stored.length, 4);
  });

  it("A delivery is not held beyond the bound of a stop: what its queue refuses is kept, and nobody called again", async () => {
    const { deliver, call, payloads, storage, sleptMs, abandon } = setUp();
    storage.refusals.set("wins", "refused");
    const call2: typeof call = (invocation) => {
      const outcome = call(invocation);
      queueMicrotask(() => abandon.abort());
      return outcome;
    };
    assert.equal(await deliver(received(), call2), "settled");
    assert.ok(sleptMs.length <= 1);
    assert.equal(payloads.length, 1);
    assert.deepEqual(
      storage.stored.map((message) => [message.queue, message.headers["busbar-kept-for"]]),
      [[QUEUE, "wins"]],
    );
  });

  it("A delivery is held for as long as not even the ladder takes what is to be kept", async () => {
    const { deliver, call, payloads, storage, sleptMs } = setUp();
    storage.refusals.set("wins", "disconnected").set(QUEUE, "disconnected");
    storage.publish = ((publish) => (messages, options) => {
      if (sleptMs.length === 100) storage.refusals.delete(QUEUE);
      return publish.call(storage, messages, options);
    })(storage.publish.bind(storage));
    await deliver(received(), call);
    assert.equal(sleptMs.length, 100);
    assert.equal(payloads.length, 1);
    assert.equal(storage.stored[0]?.headers["busbar-kept-for"], "wins");
  });

  it("A delivery whose retry cannot be stored is held until it can: it is on the ladder already", async () => {
    const { deliver, call, storage, sleptMs } = setUp({ ok: false, reason: "function_error", message: "raised" });
    storage.refusals.set(QUEUE, "refused");
    storage.publish = ((publish) => (messages, options) => {
      if (sleptMs.length === 100) storage.refusals.clear();
      return publish.call(storage, messages, options);
    })(storage.publish.bind(storage));
    await deliver(received(), call);
    assert.equal(storage.stored[0]?.headers["busbar-kept-for"], undefined);
    assert.equal(storage.stored[0]?.headers["busbar-attempt"], 2);
  });

  it("A delivery that fails is stored anew with its delay", async () => {
    const { deliver, call, storage } = setUp({ ok: false, reason: "function_error", message: "raised" });
    await deliver(received(), call);
    assert.equal(storage.stored[0]?.queue, QUEUE);
    assert.equal(storage.stored[0].id, "d-1");
    assert.deepEqual(storage.delaysMs, [60_000]);
  });

  it("A delivery that waited past its maximum age is not sent, and ends in the dead letters", async () => {
    const { deliver, call, payloads, storage } = setUp();
    await deliver(received({ firstAtMs: NOW_MS - 7 * HOUR_MS }), call);
    assert.deepEqual(payloads, []);
    assert.equal(storage.stored[0]?.queue, "dead");
  });

  it("A delivery whose rule this router does not know calls nobody and is tried again", async () => {
    const { deliver, call, payloads, storage } = setUp();
    await deliver(received({ origin: { bus: "default", rule: "newer", target: "t" } }), call);
    assert.deepEqual(payloads, []);
    assert.deepEqual(storage.delaysMs, [5_000]);
    assert.equal(storage.stored[0]?.headers["busbar-attempt"], 1);
  });

  it("A delivery whose version went away at the moment of its call is tried again, and that was no attempt", async () => {
    const { deliver, call, storage } = setUp({ ok: false, reason: "target_gone", message: "function f has no 2" });
    await deliver(received(), call);
    assert.deepEqual(storage.delaysMs, [5_000]);
    assert.equal(storage.stored[0]?.headers["busbar-attempt"], 1);
  });

  it("A delivery whose input finds nothing is a template error, which is not tried again", async () => {
    const { deliver, call, payloads, storage } = setUp();
    await deliver(received({ body: Buffer.from('{"id":"e-1"}') }), call);
    assert.deepEqual(payloads, []);
    assert.equal(storage.stored[0]?.headers["busbar-error-code"], "INVALID_JSON");
  });

  it("A delivery that cannot be read is parked with the reason", async () => {
    const { deliver, call, storage, observer } = setUp();
    assert.equal(await deliver(received({}, { headers: {} }), call), "settled");
    assert.equal(storage.stored[0]?.queue, "busbar.parked");
    assert.equal(storage.stored[0].headers["busbar-parked-reason"], "undecodable");
    assert.deepEqual(observer.events, [`parked undecodable ${QUEUE} d-1`]);
  });

  it("A parked message keeps its sender's headers and not those of the broker", async () => {
    const { deliver, call, storage } = setUp();
    const headers = { note: "theirs", count: 3, "x-first-death-queue": "busbar.delay.7", "x-delivery-count": 1 };
    await deliver(received({}, { headers }), call);
    const kept = Object.entries(storage.stored[0]?.headers ?? {}).filter(([name]) => !name.startsWith("busbar-"));
    assert.deepEqual(Object.fromEntries(kept), { note: "theirs", count: 3 });
  });

  it("A delivery whose body is no JSON is parked before anybody is called", async () => {
    const { deliver, call, payloads, storage, observer } = setUp(undefined, {
      onSuccess: { kind: "event-bus", name: "default" },
    });
    assert.equal(await deliver(received({ body: Buffer.from("not JSON") }), call), "settled");
    assert.deepEqual(payloads, []);
    assert.equal(storage.stored[0]?.headers["busbar-parked-problem"], "the body is not JSON");
    assert.deepEqual(observer.events, [`parked undecodable ${QUEUE} d-1`]);
  });

  it("A body is parked when it does not begin and end as an event or record does, and is given as it is otherwise", async () => {
    const event = '{"id":"e-1","source":"shop","detail":{"total":1.0}}';
    const bodies: [Partial<Delivery>, "parked" | "called"][] = [
      [{ body: Buffer.from(event) }, "called"],
      [{ body: Buffer.from(` \r\n\t${event}\n`) }, "called"],
      [{ body: Buffer.alloc(0) }, "parked"],
      [{ body: Buffer.from("  ") }, "parked"],
      [{ body: Buffer.from(event.slice(0, -2)) }, "parked"],
      [{ body: Buffer.from(event.slice(1)) }, "parked"],
      [{ body: gzipSync(event) }, "parked"],
      [{ body: Buffer.from(`[${event}]`) }, "parked"],
      [{ body: Buffer.from('"a payload"'), rendered: {} }, "called"],
      [{ body: Buffer.from("{a payload}"), rendered: {} }, "parked"],
    ];
    for (const [changes, what] of bodies) {
      const { deliver, call, payloads, observer } = setUp();
      assert.equal(await deliver(received(changes), call), "settled");
      assert.deepEqual([payloads.length, observer.events.length], what === "called" ? [1, 0] : [0, 1]);
    }
  });

  it("A body that only looks like JSON throws nowhere: its input fails, and its record on a bus is a dead letter", async () => {
    const body = Buffer.from("{this is no event}");
    const failed = setUp();
    await failed.deliver(received({ body }), failed.call);
    assert.deepEqual(failed.payloads, []);
    assert.equal(failed.storage.stored[0]?.headers["busbar-error-code"], "INVALID_JSON");
    const succeeded = setUp(undefined, { onSuccess: { kind: "event-bus", name: "default" } });
    const { origin: _origin, ...record } = delivery;
    const message = { ...deliveryMessage({ ...record, body }, QUEUE), crashes: 0 };
    assert.equal(await succeeded.deliver(message, succeeded.call), "settled");
    assert.deepEqual(succeeded.payloads, [body.toString()]);
    const { deadLetters, records } = succeeded.observer.attempts[0]!;
    assert.deepEqual([deadLetters.map(({ reason }) => reason), records], [["unmatchable"], []]);
  });

  it("A delivery that is longer than any queue takes is parked without calling anybody", async () => {
    const { deliver, call, payloads, storage } = setUp();
    assert.equal(await deliver(received({ body: Buffer.alloc(16 * 1024 * 1024 + 1) }), call), "settled");
    assert.deepEqual(payloads, []);
    assert.equal(storage.stored[0]?.queue, "busbar.parked");
    assert.equal(storage.stored[0].body.length, 1024 * 1024);
    assert.match(String(storage.stored[0].headers["busbar-parked-problem"]), /^it has 16777217 bytes/);
  });

  it("A delivery is reported as parked or set aside once that is stored, and as delayed until then", async () => {
    for (const [message, told] of [
      [received({}, { headers: {} }), [`move delayed busbar.parked d-1`, `parked undecodable ${QUEUE} d-1`]],
      [received({}, { crashes: 1 }), [`move delayed busbar.suspect d-1`, "suspected d-1"]],
    ] as const) {
      const { deliver, call, storage, observer } = setUp();
      storage.refusals.set("busbar.parked", "timeout").set("busbar.suspect", "timeout");
      storage.publish = ((publish) => (messages, options) => {
        if (observer.events.length === 1) storage.refusals.clear();
        return publish.call(storage, messages, options);
      })(storage.publish.bind(storage));
      await deliver(message, call);
      assert.deepEqual(observer.events, told);
    }
  });

  it("A delivery that a router died with is set aside, and parked when it happened too often", async () => {
    const { deliver, call, payloads, storage } = setUp();
    await deliver(received({}, { crashes: 1 }), call);
    await deliver(received({ suspicions: 3 }, { crashes: 1 }), call);
    await deliver(received({ suspicions: 1 }, { crashes: 2, queue: "busbar.suspect" }), call);
    assert.deepEqual(
      storage.stored.map((message) => message.queue),
      ["busbar.suspect", "busbar.parked", "busbar.parked"],
    );
    assert.equal(storage.stored[0]?.headers["busbar-suspicions"], 1);
    assert.deepEqual(payloads, []);
  });

  it("A delivery whose poll has ended goes back, and nothing has happened", async () => {
    const { deliver, storage, observer } = setUp();
    assert.equal(await deliver(received(), () => Promise.resolve("gone")), "gone");
    assert.deepEqual(storage.stored, []);
    assert.deepEqual(observer.attempts, []);
  });

  it("A delivery that a stop abandons is stored anew as it was, and no attempt is counted", async () => {
    const { deliver, storage, observer, abandon } = setUp();
    const delivered = deliver(received({ attempt: 2 }), (_invocation, signal) => {
      return new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    });
    abandon.abort();
    assert.equal(await delivered, "settled");
    assert.equal(storage.stored[0]?.queue, QUEUE);
    assert.equal(storage.stored[0].headers["busbar-attempt"], 2);
    assert.deepEqual(observer.attempts, []);
  });

  it("A suspect keeps where it came from when a stop abandons it", async () => {
    const { deliver, storage, abandon } = setUp();
    const receipt = receiveDelivery(received({}, { crashes: 1 }));
    assert.equal(receipt.kind, "suspect");
    abandon.abort();
    const abandoned = (): Promise<never> => Promise.reject(abandon.signal.reason as Error);
    assert.equal(await deliver({ ...receipt.message, crashes: 0 }, abandoned), "settled");
    assert.deepEqual(storage.stored, [receipt.message]);
  });

  it("A delivery that cannot be stored in time at a stop is left to the broker", async () => {
    const { deliver, call, storage, leave, abandon } = setUp();
    storage.refusals.set("wins", "disconnected").set(QUEUE, "disconnected");
    abandon.abort();
    leave.abort();
    await assert.rejects(deliver(received(), call));
  });
});
