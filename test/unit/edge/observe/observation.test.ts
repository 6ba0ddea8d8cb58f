import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, it } from "node:test";
import type { Job } from "../../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../../src/domain/job/job.ts";
import { FAILURE_REASONS } from "../../../../src/domain/failure/reason.ts";
import { QueueDepths } from "../../../../src/edge/observe/counting/queues/queue-depths.ts";
import {
  observe,
  sampleAttempt,
  stockDelivery,
  sampleEntry,
  scrape,
  valueOf,
} from "../../../support/observe/observe.ts";
import { sampleConfig, sampleEvent, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const STOCK = { kind: "function", name: "stock" } as const;

const CONFIG = sampleConfig({
  functions: [sampleFunction("stock", { deadLetterQueue: "failed-orders" })],
  queues: ["failed-orders"],
  rules: [sampleRule("orders", { source: ["shop"] }, [sampleTarget("stock", STOCK)])],
});

function observed(options: Parameters<typeof observe>[0] = {}) {
  const parts = observe(options);
  parts.observation.follow(CONFIG);
  return parts;
}

const ORIGIN = { bus: "default", rule: "orders", target: "t" };
const TO_QUEUE = { id: "d-2", origin: ORIGIN, to: { kind: "queue", name: "all-orders" } } as const;

const MATCHED = sampleEntry({
  event: sampleEvent({ id: "e-1" }),
  matched: [{ bus: "default", rule: "orders" }],
  published: [{ id: "d-1", origin: ORIGIN, to: { kind: "function", name: "stock" } }, TO_QUEUE],
});

describe("metrics of put requests", () => {
  it("The metrics of puts count requests, entries, matches and deliveries", async () => {
    const { observation } = observed();
    const refused = sampleEntry({ outcome: "MalformedDetail", message: "Detail is malformed." });
    observation.observer.put({ outcome: "partial", seconds: 0.02, entries: [MATCHED, sampleEntry(), refused] });
    assert.equal(await valueOf(observation, "busbar_put_events_requests_total", { outcome: "partial" }), 1);
    assert.equal(
      await valueOf(observation, "busbar_put_events_entries_total", { bus: "default", outcome: "accepted" }),
      2,
    );
    assert.equal(
      await valueOf(observation, "busbar_put_events_entries_total", { bus: "default", outcome: "MalformedDetail" }),
      1,
    );
    assert.equal(await valueOf(observation, "busbar_events_matched_total", { bus: "default", rule: "orders" }), 1);
    assert.equal(await valueOf(observation, "busbar_events_unmatched_total", { bus: "default" }), 1);
    assert.equal(await valueOf(observation, "busbar_deliveries_published_total", { target_kind: "function" }), 1);
    assert.equal(await valueOf(observation, "busbar_put_events_duration_seconds_bucket", { le: "0.01" }), 0);
    assert.equal(await valueOf(observation, "busbar_put_events_duration_seconds_bucket", { le: "0.025" }), 1);
  });

  it("The metrics of puts count records and redriven events on a bus as put events", async () => {
    const { observation } = observed();
    const matched = { bus: "default", matched: [{ bus: "default", rule: "orders" }], published: [TO_QUEUE] } as const;
    const unmatched = { bus: "default", matched: [], published: [] };
    observation.observer.attempt(sampleAttempt({ routed: [matched] }));
    const redriven = {
      atMs: 0,
      queue: "failed-orders",
      to: "bus",
      count: 2,
      deliveryIds: [],
      deadLetters: [],
    } as const;
    observation.observer.redriven({ ...redriven, routed: [matched, unmatched] });
    assert.equal(await valueOf(observation, "busbar_events_matched_total", { bus: "default", rule: "orders" }), 2);
    assert.equal(await valueOf(observation, "busbar_events_unmatched_total", { bus: "default" }), 1);
    assert.equal(await valueOf(observation, "busbar_deliveries_published_total", { target_kind: "queue" }), 2);
  });

  it("The metrics of replays count events that were sent, and those that were left out by why", async () => {
    const { observation } = observed();
    const leftOut = (why: string) =>
      valueOf(observation, "busbar_replay_events_left_out_total", { bus: "default", why });
    assert.deepEqual([await leftOut("delivered"), await leftOut("unknown")], [0, 0]);
    const matched = { bus: "default", matched: [{ bus: "default", rule: "orders" }], published: [TO_QUEUE] } as const;
    const of = { replay: "again", archive: "kept", bus: "default", jobId: "j-1", atMs: 0, deadLetters: [] };
    observation.observer.replayed({ ...of, routed: [matched], leftOut: { delivered: 3, unknown: 2 } });
    assert.equal(await valueOf(observation, "busbar_events_replayed_total", { bus: "default" }), 1);
    assert.deepEqual([await leftOut("delivered"), await leftOut("unknown")], [3, 2]);
  });

  it("The metrics of replays say how far rules are with their past, and leave that out of what is to be replayed", async () => {
    const { observation } = observed();
    const order = { kind: "replay", name: "n", archive: "kept", bus: "default", fromMs: 0, toMs: 0 } as const;
    const place = { end: 9, minute: 0, position: 4, readMs: Date.now() - 90_000 };
    const job = (left: number, changes: object): Job => ({
      id: "j",
      order: { ...order, ...changes },
      state: "running",
      startedAtMs: 0,
      owner: { epoch: 1 },
      progress: { ...NO_PROGRESS, left, place },
    });
    const catchUp = (rule: string, left: number) => job(left, { catchesUp: true, rules: [rule] });
    observation.watchJobs(() => [job(7, {}), catchUp("late", 5), catchUp("near", 0)]);
    const of = (name: string, rule: string) => valueOf(observation, name, { bus: "default", rule });
    assert.equal(await valueOf(observation, "busbar_replay_events_left"), 7);
    assert.equal(await of("busbar_catch_up_events_left", "late"), 5);
    assert.ok(((await of("busbar_catch_up_behind_seconds", "late")) ?? 0) >= 90);
    assert.equal(await of("busbar_catch_up_behind_seconds", "near"), 0);
    observation.watchJobs(() => []);
    assert.equal(await of("busbar_catch_up_events_left", "late"), undefined);
  });

  it("The metrics of puts count no match and no delivery of an entry that was refused after all", async () => {
    const { observation } = observed();
    const entries = [{ ...MATCHED, outcome: "InternalFailure", published: [] }];
    observation.observer.put({ outcome: "unavailable", seconds: 5, entries });
    assert.equal(await valueOf(observation, "busbar_events_matched_total", { bus: "default", rule: "orders" }), 0);
    assert.equal(
      await valueOf(observation, "busbar_put_events_entries_total", { bus: "default", outcome: "InternalFailure" }),
      1,
    );
  });

  it("The metrics of puts count a bus that is not configured as unknown, and its event as a dead letter", async () => {
    const { observation } = observed();
    const entry = sampleEntry({
      bus: "made-up",
      deadLetters: [{ queue: "busbar.dead-letter", reason: "target_gone", deliveryId: "d-9" }],
    });
    observation.observer.put({ outcome: "accepted", seconds: 0, entries: [entry] });
    assert.equal(
      await valueOf(observation, "busbar_put_events_entries_total", { bus: "unknown", outcome: "accepted" }),
      1,
    );
    assert.equal(
      await valueOf(observation, "busbar_dead_letters_total", { queue: "busbar.dead-letter", reason: "target_gone" }),
      1,
    );
    assert.ok(!(await observation.metrics()).body.includes("made-up"));
  });

  it("The metrics of puts have no label for rules when that is switched off", async () => {
    const { observation } = observed({ ruleMetrics: false });
    observation.observer.put({ outcome: "accepted", seconds: 0, entries: [MATCHED] });
    assert.equal(await valueOf(observation, "busbar_events_matched_total", { bus: "default" }), 1);
    assert.ok(!(await observation.metrics()).body.includes("rule="));
  });
});

describe("metrics of deliveries", () => {
  it("The metrics of deliveries count an attempt by outcome and verdict, and time it", async () => {
    const { observation } = observed();
    observation.observer.attempt(
      sampleAttempt({
        successSeconds: 0.3,
        records: [{ condition: "success", to: { kind: "queue", name: "done" }, id: "r-1" }],
      }),
    );
    const destination = "function/stock";
    assert.equal(await valueOf(observation, "busbar_delivery_attempts_total", { destination, outcome: "success" }), 1);
    assert.equal(await valueOf(observation, "busbar_deliveries_settled_total", { destination, verdict: "done" }), 1);
    assert.equal(await valueOf(observation, "busbar_delivery_wait_seconds_sum", { destination }), 0.02);
    assert.equal(await valueOf(observation, "busbar_ingest_to_invocation_seconds_sum"), 0.02);
    assert.equal(await valueOf(observation, "busbar_ingest_to_success_seconds_sum"), 0.3);
    assert.equal(
      await valueOf(observation, "busbar_function_invocation_duration_seconds_sum", { function: "stock" }),
      0.2,
    );
    const record = { function: "stock", condition: "success", kind: "queue" };
    assert.equal(await valueOf(observation, "busbar_destination_records_total", record), 1);
  });

  it("The metrics of deliveries count retries by reason, and only a first call as the first", async () => {
    const { observation } = observed();
    const retry = { kind: "retry", delayMs: 60_000, counted: true } as const;
    const outcome = { ok: false, reason: "timeout", message: "no answer" } as const;
    observation.observer.attempt(sampleAttempt({ outcome, verdict: retry }));
    observation.observer.attempt(sampleAttempt({ delivery: stockDelivery({ attempt: 2 }), outcome, verdict: retry }));
    const destination = "function/stock";
    assert.equal(await valueOf(observation, "busbar_delivery_retries_total", { destination, reason: "timeout" }), 2);
    assert.equal(await valueOf(observation, "busbar_delivery_wait_seconds_count", { destination }), 2);
    assert.equal(await valueOf(observation, "busbar_ingest_to_invocation_seconds_count"), 1);
  });

  it("The metrics of deliveries time nothing when the target was not called", async () => {
    const { observation } = observed();
    const outcome = { ok: false, reason: "expired", message: "too old" } as const;
    const verdict = { kind: "failed", reason: "expired", condition: "EventAgeExceeded" } as const;
    const deadLetters = [{ queue: "failed-orders", reason: "expired", deliveryId: "d-1" }] as const;
    observation.observer.attempt(sampleAttempt({ outcome, verdict, invoked: false, deadLetters }));
    assert.equal(
      await valueOf(observation, "busbar_delivery_wait_seconds_count", { destination: "function/stock" }),
      0,
    );
    assert.equal(
      await valueOf(observation, "busbar_dead_letters_total", { queue: "failed-orders", reason: "expired" }),
      1,
    );
  });

  it("The metrics of deliveries count calls in flight, whatever a reload does meanwhile", async () => {
    const { observation } = observed();
    observation.observer.invocationStarted(stockDelivery());
    observation.observer.invocationStarted(stockDelivery({ id: "d-2" }));
    const inFlight = () => valueOf(observation, "busbar_function_invocations_in_flight", { function: "stock" });
    assert.equal(await inFlight(), 2);
    observation.follow(sampleConfig({}));
    observation.observer.invocationEnded(stockDelivery());
    assert.equal(await inFlight(), undefined);
    observation.follow(CONFIG);
    assert.equal(await inFlight(), 1);
  });

  it("The metrics of deliveries count parked, suspected, delayed and late deliveries", async () => {
    const { observation } = observed();
    observation.observer.parked("crashed", "busbar.suspect", { deliveryId: "m-1" });
    observation.observer.suspected(stockDelivery());
    observation.observer.settlementDelayed(stockDelivery(), new Error("no"));
    observation.observer.moveDelayed("busbar.parked", { deliveryId: "m-1" }, new Error("no"));
    observation.observer.lateAnswer("stock");
    assert.equal(await valueOf(observation, "busbar_parked_messages_total", { reason: "crashed" }), 1);
    assert.equal(await valueOf(observation, "busbar_suspects_total", { destination: "function/stock" }), 1);
    assert.equal(await valueOf(observation, "busbar_settlement_delays_total", { destination: "function/stock" }), 1);
    assert.equal(await valueOf(observation, "busbar_move_delays_total", { queue: "busbar.parked" }), 1);
    assert.equal(await valueOf(observation, "busbar_late_answers_total", { function: "stock" }), 1);
  });
});

describe("metrics of versions", () => {
  it("The metrics of versions count the calls of each, and have no series of a version that there is not", async () => {
    const { observation } = observe();
    const versions = new Map([["2", sampleFunction("prices", { version: "2" })]]);
    observation.follow(sampleConfig({ functions: [sampleFunction("prices", { versions }), sampleFunction("plain")] }));
    const calls = (version: string, outcome: string, name = "prices") =>
      valueOf(observation, "busbar_function_version_calls_total", { function: name, version, outcome });
    assert.deepEqual([await calls("$LATEST", "success"), await calls("2", "timeout")], [0, 0]);
    assert.equal(await calls("$LATEST", "success", "plain"), undefined);
    const success = { ok: true, statusCode: 200 } as const;
    const late = { ok: false, reason: "timeout", message: "late" } as const;
    observation.observer.versionCalled({ functionName: "prices", version: "$LATEST", outcome: success });
    observation.observer.versionCalled({ functionName: "prices", version: "2", outcome: late });
    observation.observer.versionCalled({ functionName: "prices", version: "3", outcome: success });
    assert.deepEqual([await calls("$LATEST", "success"), await calls("2", "timeout")], [1, 1]);
    assert.equal(await calls("3", "success"), undefined);
  });
});

describe("metrics of connections", () => {
  it("The metrics of connections count them by state, and requests for tokens by outcome", async () => {
    const { observation } = observed();
    const auth = {
      kind: "oauth",
      tokenUrl: "http://127.0.0.1/",
      clientId: "a",
      clientSecret: "b",
      parameters: {},
    } as const;
    const crm = {
      name: "crm",
      url: "http://127.0.0.1/",
      method: "POST",
      auth: { ...auth, method: "POST", clientAuthentication: "basic", headers: {}, query: {} },
      invocationRateLimitPerSecond: 300,
      concurrency: 10,
    } as const;
    const connection = (state: string, kind: string) => ({ state, auth: { kind } });
    const connections = new Map(
      [
        connection("AUTHORIZED", "oauth"),
        connection("AUTHORIZED", "unusable"),
        connection("DEAUTHORIZED", "unusable"),
      ].map((one, at) => [`c-${at}`, one]),
    );
    const made = { connections, leftOut: new Map() } as never;
    observation.follow({ ...sampleConfig({}), apiDestinations: new Map([["crm", crm]]), made });
    const states = ["AUTHORIZED", "AUTHORIZING", "DEAUTHORIZED", "UNUSABLE"];
    const counted = states.map((state) => valueOf(observation, "busbar_connections", { state }));
    assert.deepEqual(await Promise.all(counted), [1, 0, 1, 1]);
    const refused = { ok: false, reason: "connection", message: "OAuth: no" } as const;
    for (const failure of [refused, undefined, refused]) observation.observer.tokenRequested("crm", failure);
    observation.observer.tokenRequested("vanished", refused);
    const requests = (destination: string, outcome: string) =>
      valueOf(observation, "busbar_access_token_requests_total", { destination, outcome });
    assert.equal(await requests("api-destination/crm", "failure"), 2);
    assert.equal(await requests("api-destination/crm", "success"), 1);
    assert.equal(await requests("unknown", "failure"), 1);
  });
});

describe("series", () => {
  it("The series of a configured destination exist at 0 for every outcome, reason and verdict", async () => {
    const { observation } = observed();
    const { samples } = await scrape(observation);
    const zeros = (name: string, label: string) =>
      samples
        .filter(
          (sample) => sample.name === name && sample.labels.destination === "function/stock" && sample.value === 0,
        )
        .map((sample) => sample.labels[label]);
    assert.deepEqual(zeros("busbar_delivery_attempts_total", "outcome"), ["success", ...FAILURE_REASONS]);
    assert.deepEqual(zeros("busbar_delivery_retries_total", "reason"), FAILURE_REASONS);
    assert.deepEqual(zeros("busbar_deliveries_settled_total", "verdict"), ["done", "retry", "failed"]);
  });

  it("The series of a removed destination are removed, and those that stay keep their counts", async () => {
    const { observation } = observed();
    observation.observer.attempt(sampleAttempt());
    observation.observer.put({ outcome: "accepted", seconds: 0, entries: [sampleEntry()] });
    observation.follow(sampleConfig({ functions: [sampleFunction("other")] }));
    const { body } = await observation.metrics();
    assert.doesNotMatch(body, /stock|failed-orders|rule="orders"/);
    assert.equal(
      await valueOf(observation, "busbar_delivery_attempts_total", {
        destination: "function/other",
        outcome: "success",
      }),
      0,
    );
    assert.equal(await valueOf(observation, "busbar_events_unmatched_total", { bus: "default" }), 1);
  });

  it("The series of a circuit show whether it is open and how often it opened, for configured destinations only", async () => {
    const { observation } = observed();
    const circuit = async (name: string, state: "open" | "half-open"): Promise<unknown> => {
      const destination = { kind: "function", name } as const;
      const failure = { ok: false, reason: "connection", message: "no" } as const;
      observation.observer.circuit(state === "open" ? { destination, state, failure } : { destination, state });
      return valueOf(observation, "busbar_circuit_open", { destination: `function/${name}` });
    };
    assert.equal(await circuit("stock", "open"), 1);
    assert.equal(await circuit("stock", "half-open"), 0);
    assert.equal(await circuit("stock", "open"), 1);
    assert.equal(await valueOf(observation, "busbar_circuit_openings_total", { destination: "function/stock" }), 2);
    assert.equal(await circuit("vanished", "open"), undefined);
    assert.ok(!(await observation.metrics()).body.includes("vanished"));
  });

  it("The series of a removed destination do not come back with an attempt that ends late", async () => {
    const { observation } = observed();
    observation.follow(sampleConfig({}));
    observation.observer.attempt(sampleAttempt());
    assert.ok(!(await observation.metrics()).body.includes("stock"));
    assert.equal(
      await valueOf(observation, "busbar_delivery_attempts_total", { destination: "unknown", outcome: "success" }),
      1,
    );
  });
});

describe("metrics of the broker and the configuration", () => {
  it("The metric of the broker shows the connection, and counts connections after the first", async () => {
    const { observation } = observed();
    const { brokerEvents } = observation;
    brokerEvents.connected();
    brokerEvents.blocked("low on disk");
    assert.equal(await valueOf(observation, "busbar_broker_blocked"), 1);
    brokerEvents.disconnected(new Error("reset"));
    assert.equal(await valueOf(observation, "busbar_broker_connected"), 0);
    assert.equal(await valueOf(observation, "busbar_broker_blocked"), 0);
    assert.equal(await valueOf(observation, "busbar_broker_reconnects_total"), 0);
    brokerEvents.connected();
    assert.equal(await valueOf(observation, "busbar_broker_connected"), 1);
    assert.equal(await valueOf(observation, "busbar_broker_reconnects_total"), 1);
  });

  it("The metric of dead letters counts those that the broker makes", async () => {
    const { observation } = observed();
    const labels = { queue: "busbar.dead-letter", reason: "target_gone" } as const;
    observation.brokerEvents.deadLettered({ ...labels, deliveryId: "d-1" });
    assert.equal(await valueOf(observation, "busbar_dead_letters_total", labels), 1);
  });

  it("The metrics of reloads show whether the last one was taken over, and when the last good one was", async () => {
    const { observation } = observed();
    const before = Date.now() / 1_000;
    observation.observer.reloaded({ ok: true, rules: 1, digest: "0123456789abcdef" });
    const takenOver = await valueOf(observation, "busbar_config_last_reload_timestamp_seconds");
    assert.ok(takenOver !== undefined && takenOver >= before - 1 && takenOver <= Date.now() / 1_000 + 1);
    observation.observer.reloaded({ ok: false, problems: ["bad"] });
    assert.equal(await valueOf(observation, "busbar_config_last_reload_successful"), 0);
    assert.equal(await valueOf(observation, "busbar_config_last_reload_timestamp_seconds"), takenOver);
  });

  it("The metric of queue depths leaves out a queue whose depth is unknown", async () => {
    const { observation } = observed();
    observation.watchQueues((queue) => {
      if (queue === "busbar.parked") return Promise.reject(new Error("channel closed"));
      return Promise.resolve(queue === "busbar.undeliverable" ? undefined : { ready: 7, consumers: 1 });
    });
    assert.equal(await valueOf(observation, "busbar_queue_messages_ready", { queue: "busbar.function.stock" }), 7);
    assert.equal(await valueOf(observation, "busbar_queue_messages_ready", { queue: "failed-orders" }), 7);
    assert.equal(await valueOf(observation, "busbar_queue_messages_ready", { queue: "busbar.parked" }), undefined);
    assert.equal(
      await valueOf(observation, "busbar_queue_messages_ready", { queue: "busbar.undeliverable" }),
      undefined,
    );
  });

  it("The metric of queue depths asks the broker once in 5 seconds, however often it is scraped", async () => {
    const { observation, clock } = observed();
    let asked = 0;
    observation.watchQueues(() => Promise.resolve({ ready: ++asked, consumers: 0 }));
    await Promise.all([observation.metrics(), observation.metrics()]);
    clock.nowMs = 4_999;
    await observation.metrics();
    const once = asked;
    assert.equal(once, 6);
    clock.nowMs = 5_000;
    await observation.metrics();
    assert.equal(asked, 2 * once);
  });

  it("The metric of queue depths does not wait for a queue that does not answer in time", async () => {
    const depths = new QueueDepths({ nowMs: () => 0, timeoutMs: 10, cacheMs: 0 });
    depths.follow(["slow", "quick"]);
    depths.watch((queue) =>
      queue === "slow" ? new Promise(() => undefined) : Promise.resolve({ ready: 3, consumers: 0 }),
    );
    assert.deepEqual([...(await depths.read())], [["quick", 3]]);
  });
});

describe("the log of journeys", () => {
  it("The log has one line for each attempt: debug for a success, info for a retry, warn for an end", () => {
    const { observation, lines } = observed();
    const outcome = { ok: false, reason: "server_error", message: "503 from http://stock/", statusCode: 503 } as const;
    const traceparent = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    const delivery = stockDelivery({ eventId: "e-1", traceparent });
    observation.observer.attempt(sampleAttempt());
    observation.observer.attempt(
      sampleAttempt({ delivery, outcome, verdict: { kind: "retry", delayMs: 2_000, counted: false } }),
    );
    const deadLetters = [{ queue: "failed-orders", reason: "expired", deliveryId: "d-1" }] as const;
    const verdict = { kind: "failed", reason: "expired", condition: "EventAgeExceeded" } as const;
    observation.observer.attempt(sampleAttempt({ outcome, verdict, deadLetters }));
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [
        ["debug", "delivery succeeded"],
        ["info", "delivery to be retried"],
        ["warn", "delivery failed"],
      ],
    );
    const { time, ...retried } = lines[1]!;
    assert.ok(typeof time === "string" && !Number.isNaN(Date.parse(time)));
    assert.deepEqual(retried, {
      level: "info",
      deliveryId: "d-1",
      eventId: "e-1",
      destination: "function/stock",
      bus: "default",
      rule: "orders",
      target: "stock",
      attempt: 1,
      traceparent,
      trace_id: "5759e988bd862e3fe1be46a994272793",
      span_id: "53995c3f42cd8ad8",
      trace_flags: "01",
      outcome: "server_error",
      verdict: "retry",
      delayMs: 2_000,
      message: "503 from http://stock/",
      statusCode: 503,
      invoked: true,
      waitSeconds: 0.02,
      seconds: 0.2,
      msg: "delivery to be retried",
    });
    assert.deepEqual(
      [lines[2]!.reason, lines[2]!.condition, lines[2]!.deadLetters],
      ["expired", "EventAgeExceeded", deadLetters],
    );
  });

  it("The log has no parts of a traceparent that is not usable", () => {
    const { observation, lines } = observed();
    observation.observer.suspected(stockDelivery({ traceparent: "00-1-2-01" }));
    const { traceparent, trace_id, span_id, trace_flags } = lines[0]!;
    assert.deepEqual([traceparent, trace_id, span_id, trace_flags], ["00-1-2-01", undefined, undefined, undefined]);
  });

  it("The log names the event of an entry that was refused after it had become one", () => {
    const { observation, lines } = observed();
    const entries = [{ ...MATCHED, outcome: "InternalFailure", message: "The broker is away.", published: [] }];
    observation.observer.put({ outcome: "unavailable", seconds: 5, entries });
    assert.deepEqual(lines[0]!.refused, [
      { bus: "default", eventId: "e-1", code: "InternalFailure", message: "The broker is away." },
    ]);
  });

  it("The log names a record by the id that its own lines have", () => {
    const { observation, lines } = observed();
    const onBus = { condition: "failure", to: { kind: "event-bus", name: "default" }, id: "e-2" } as const;
    const toQueue = { condition: "failure", to: { kind: "queue", name: "done" }, id: "d-2" } as const;
    observation.observer.attempt(sampleAttempt({ records: [onBus, toQueue] }));
    assert.deepEqual(lines[0]!.records, [
      { condition: "failure", kind: "event-bus", name: "default", eventId: "e-2" },
      { condition: "failure", kind: "queue", name: "done", deliveryId: "d-2" },
    ]);
  });

  it("The log has a warning with the codes for entries that were refused or dead-lettered, and debug for the rest", () => {
    const { observation, lines } = observed();
    const { observer } = observation;
    observer.put({ outcome: "accepted", seconds: 0.01, entries: [MATCHED] });
    const refused = sampleEntry({ outcome: "MalformedDetail", message: "Detail is malformed." });
    observer.put({ outcome: "partial", seconds: 0.01, entries: [MATCHED, refused] });
    const deadLetters = [{ queue: "busbar.dead-letter", reason: "target_gone", deliveryId: "d-9" }] as const;
    observer.put({
      outcome: "accepted",
      seconds: 0.01,
      entries: [sampleEntry({ bus: "unknown", event: sampleEvent({ id: "e-2" }), deadLetters })],
    });
    assert.deepEqual(
      lines.map(({ level }) => level),
      ["debug", "warn", "warn"],
    );
    assert.deepEqual(lines[1]!.refused, [{ bus: "default", code: "MalformedDetail", message: "Detail is malformed." }]);
    assert.deepEqual(lines[2]!.deadLetters, [{ bus: "unknown", eventId: "e-2", ...deadLetters[0] }]);
  });

  it("The log has errors only for what a person must act on", () => {
    const { observation, lines } = observed({ logLevel: "error" });
    observation.observer.suspected(stockDelivery());
    observation.brokerEvents.disconnected(new Error("reset"));
    observation.observer.parked("undecodable", "busbar.function.stock", { deliveryId: "m-1" });
    observation.observer.reloaded({ ok: false, problems: ["rules.yaml:1:2 is bad", "rules.yaml:3:4 too"] });
    observation.brokerEvents.fault("RabbitMQ refuses queue x", new Error("PRECONDITION_FAILED"));
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["message parked", "configuration not taken over", "the broker needs mending"],
    );
    assert.deepEqual(lines[1]!.problems, ["rules.yaml:1:2 is bad", "rules.yaml:3:4 too"]);
  });

  it("The log carries what a local function writes as a field", () => {
    const { observation, lines } = observed();
    observation.functionOutput("stock", "stderr", "oh no");
    const { level, msg, stream, line, function: name } = lines[0]!;
    assert.deepEqual([level, msg, name, stream, line], ["info", "function output", "stock", "stderr", "oh no"]);
  });
});

describe("the log of a failure that repeats", () => {
  it("The log has refused put requests once, a new cause, and the end with the count", () => {
    const { observation, lines, clock } = observed({ logLevel: "info" });
    const unavailable = { outcome: "unavailable", seconds: 0, entries: [] } as const;
    const accepted = { outcome: "accepted", seconds: 0, entries: [] } as const;
    observation.observer.put(unavailable);
    observation.observer.put(unavailable);
    observation.observer.put({ ...unavailable, outcome: "throttled" });
    clock.nowMs = 1_000;
    observation.observer.put(accepted);
    observation.observer.put(unavailable);
    clock.nowMs = 6_000;
    observation.observer.put(accepted);
    observation.observer.put(accepted);
    assert.deepEqual(
      lines.map(({ level, msg, outcome, requests, seconds }) => [level, msg, outcome, requests, seconds]),
      [
        ["warn", "put requests are refused for want of room", "unavailable", undefined, 0],
        ["warn", "put requests are refused for want of room", "throttled", undefined, 0],
        ["info", "put requests are accepted again", undefined, 4, 6],
      ],
    );
  });

  it("The log has a circuit once however often it opens again, a new cause, and its closing", () => {
    const { observation, lines, clock } = observed({ logLevel: "info" });
    const destination = { kind: "function", name: "stock" } as const;
    const opens = (reason: "connection" | "throttled"): void =>
      observation.observer.circuit({ destination, state: "open", failure: { ok: false, reason, message: "no" } });
    observation.observer.circuit({ destination, state: "closed" });
    opens("connection");
    observation.observer.circuit({ destination, state: "half-open" });
    opens("connection");
    opens("throttled");
    clock.nowMs = 9_000;
    observation.observer.circuit({ destination, state: "closed" });
    opens("connection");
    assert.deepEqual(
      lines.map(({ level, msg, destination: label, reason, openings, seconds }) => [
        ...[level, msg, label, reason, openings, seconds],
      ]),
      [
        ["warn", "circuit opened: deliveries wait", "function/stock", "connection", undefined, undefined],
        ["warn", "circuit opened: deliveries wait", "function/stock", "throttled", undefined, undefined],
        ["info", "circuit closed", "function/stock", undefined, 3, 9],
        ["warn", "circuit opened: deliveries wait", "function/stock", "connection", undefined, undefined],
      ],
    );
  });

  it("The log has a lost connection once for each cause, and its return", () => {
    const { observation, lines, clock } = observed();
    const { brokerEvents } = observation;
    brokerEvents.connected();
    brokerEvents.disconnected(new Error("reset"));
    brokerEvents.disconnected(new Error("reset"));
    brokerEvents.disconnected(Object.assign(new Error("connect 127.0.0.1"), { code: "ECONNREFUSED" }));
    clock.nowMs = 3_000;
    brokerEvents.connected();
    brokerEvents.disconnected(new Error("reset"));
    assert.deepEqual(
      lines.map(({ level, msg, seconds }) => [level, msg, seconds]),
      [
        ["info", "the broker is connected", undefined],
        ["warn", "the broker is not connected", undefined],
        ["warn", "the broker is not connected", undefined],
        ["info", "the broker is connected", 3],
        ["warn", "the broker is not connected", undefined],
      ],
    );
  });

  it("The log has a blocked connection when it starts and when it ends", () => {
    const { observation, lines } = observed();
    observation.brokerEvents.blocked("low on memory");
    observation.brokerEvents.blocked("low on memory");
    observation.brokerEvents.unblocked();
    observation.brokerEvents.unblocked();
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["the broker takes no messages for now", "the broker takes messages again"],
    );
  });

  it("The log has delayed settlements once, and the end when no delivery is held any more", () => {
    const { observation, lines } = observed({ logLevel: "info" });
    const [first, second] = [stockDelivery(), stockDelivery({ id: "d-2" })];
    for (const delivery of [first, second, first])
      observation.observer.settlementDelayed(delivery, new Error("not confirmed"));
    observation.observer.attempt(sampleAttempt({ delivery: first }));
    assert.equal(lines.length, 1);
    observation.observer.attempt(sampleAttempt({ delivery: second }));
    assert.deepEqual(
      lines.map(({ level, msg, delays }) => [level, msg, delays]),
      [
        ["warn", "settlement delayed: the delivery is held", undefined],
        ["info", "settlements are no longer delayed", 3],
      ],
    );
  });

  it("The log has each queue that goes on refusing moved messages every ten minutes", () => {
    const { observation, lines, clock } = observed();
    for (clock.nowMs = 0; clock.nowMs <= 900_000; clock.nowMs += 30_000)
      for (const queue of ["dead", "busbar.parked"])
        observation.observer.moveDelayed(queue, { deliveryId: "m-1" }, new Error("no"));
    assert.deepEqual(
      lines.map(({ queue }) => queue),
      ["dead", "busbar.parked", "dead", "busbar.parked"],
    );
  });

  it("The log has a fault that stays every ten minutes", () => {
    const { observation, lines, clock } = observed();
    const fault = () => observation.brokerEvents.fault("RabbitMQ refuses queue x", new Error("PRECONDITION_FAILED"));
    for (clock.nowMs = 0; clock.nowMs <= 900_000; clock.nowMs += 30_000) fault();
    assert.equal(lines.length, 2);
  });
});

describe("log lines", () => {
  it("A log line carries an error with its code and its causes", () => {
    const { observation, lines } = observed();
    const refused = Object.assign(new Error("connect ECONNREFUSED"), {
      code: "ECONNREFUSED",
      options: { password: "hunter2" },
    });
    observation.log.error(
      { error: new Error("cannot publish", { cause: new AggregateError([refused], "all failed") }) },
      "failed",
    );
    const error = lines[0]!.error as { message: string; stack: string; cause: { message: string; errors: object[] } };
    assert.equal(error.message, "cannot publish");
    assert.match(error.stack, /observation\.test/);
    assert.equal(error.cause.message, "all failed");
    const { code, message } = error.cause.errors[0] as { code: string; message: string };
    assert.deepEqual([code, message], ["ECONNREFUSED", "connect ECONNREFUSED"]);
    assert.doesNotMatch(JSON.stringify(lines), /hunter2/);
  });

  it("A log line never carries the password of a URL, wherever it stands", () => {
    const { observation, lines, text } = observed();
    const url = "amqps://busbar:hun@ter2@rabbit.example:5671/vhost";
    observation.log.warn(
      { url, list: [url, 'amqp://u:hun"ter2@host'], error: new Error(`cannot reach ${url}`, { cause: url }) },
      "failed",
    );
    observation.functionOutput("stock", "stdout", `see ${url} or amqp://host:5672, or mail me@example.com`);
    assert.doesNotMatch(text(), /hun|ter2/);
    assert.equal(lines[0]!.url, "amqps://***@rabbit.example:5671/vhost");
    assert.equal(
      lines[1]!.line,
      "see amqps://***@rabbit.example:5671/vhost or amqp://host:5672, or mail me@example.com",
    );
  });

  it("A log line is written to standard error even when the process exits at once", () => {
    const script = `
      import { createObservation } from "./src/edge/observe/observation.ts";
      const { log } = createObservation({ logLevel: "info", ruleMetrics: true });
      for (let line = 1; line <= 100; line += 1) log.info({ line }, "told");
      process.exit(0);`;
    const { stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
    // In any order: a write that is under way in the background may end after what the exit writes.
    const lines = stderr
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { line: number }).line);
    assert.deepEqual(new Set(lines), new Set(Array.from({ length: 100 }, (_, index) => index + 1)));
  });
});
