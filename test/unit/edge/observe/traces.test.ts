import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readTraceVariables } from "../../../../src/config/settings/otel-variables.ts";
import type { AttemptTrace } from "../../../../src/domain/delivery/attempt-trace.ts";
import { callContext, formerAttempt, recordContext } from "../../../../src/domain/delivery/attempt-trace.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { readTracestate } from "../../../../src/domain/event/trace.ts";
import { placeOfAttempt } from "../../../../src/edge/trace/attempt-place.ts";
import { createSpanIds } from "../../../../src/edge/trace/span-ids.ts";
import type { Span } from "../../../../src/edge/trace/span.ts";
import { createTraceObserver } from "../../../../src/edge/trace/trace-observer.ts";
import { Tracing } from "../../../../src/edge/trace/tracing.ts";
import type { PutRequest, TracedEntry } from "../../../../src/ports/traces.ts";
import { sampleAttempt, sampleEntry, stockDelivery } from "../../../support/observe/observe.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../support/sample.ts";

const TRACE = "5759e988bd862e3fe1be46a994272793";
const SAMPLED = `00-${TRACE}-53995c3f42cd8ad8-01`;
const UNSAMPLED = `00-${TRACE}-53995c3f42cd8ad8-00`;
const FORMER = "00-1111e988bd862e3fe1be46a994272793-2222222222222222-01";
const EVENT_ID = "4d4ab6d6-6bd1-4a2c-a66b-9c0d2c6a1d11";
const MINUTES_15 = 15 * 60_000;

/** Ids that count: `t1`, `s1`, `s2`. */
function countedIds() {
  let [traces, spans] = [0, 0];
  return { traceId: () => `t${++traces}`, spanId: () => `s${++spans}` };
}

function tracing(ratio: number, random = 0.5) {
  const spans: Span[] = [];
  const made = new Tracing({ nowMs: () => 5_000, random: () => random, ids: countedIds() });
  made.writeTo({ write: (span) => spans.push(span), ratio, identity: IDENTITY, system: "rabbitmq" });
  made.follow(sampleConfig({ functions: [sampleFunction("stock")] }));
  return { tracing: made, spans };
}

function request(changes: Partial<PutRequest> = {}): PutRequest {
  return {
    operation: "PutEvents",
    method: "POST",
    route: "/",
    isTls: false,
    startedAtMs: 1_000,
    context: undefined,
    isTrusted: () => true,
    ...changes,
  };
}

describe("the place of an attempt in a trace", () => {
  const place = (delivery: Partial<Delivery>, ageMs = 0): AttemptTrace =>
    placeOfAttempt(stockDelivery({ firstAtMs: 0, ...delivery }), ageMs, countedIds());
  const drawn = { spanId: "s1", callSpanId: "s2", recordSpanId: "s3" };
  const cases: readonly [string, Partial<Delivery>, number, Partial<AttemptTrace>][] = [
    [
      "of an event that is recorded is its trace, as a part of what made it",
      { traceparent: SAMPLED, tracestate: "a=1" },
      MINUTES_15,
      { traceId: TRACE, isSampled: true, parentSpanId: "53995c3f42cd8ad8", links: [SAMPLED], tracestate: "a=1" },
    ],
    [
      "of a later attempt is linked with the one before",
      { traceparent: SAMPLED, formerAttempt: FORMER },
      0,
      { traceId: TRACE, isSampled: true, parentSpanId: "53995c3f42cd8ad8", links: [SAMPLED, FORMER] },
    ],
    [
      "of an event that is not recorded is its trace, as a part of nothing",
      { traceparent: UNSAMPLED },
      0,
      { traceId: TRACE, isSampled: false, links: [UNSAMPLED] },
    ],
    [
      "after more than 15 minutes is a trace of its own",
      { traceparent: SAMPLED, tracestate: "a=1", formerAttempt: FORMER },
      MINUTES_15 + 1,
      { traceId: "t1", isSampled: true, links: [SAMPLED, FORMER] },
    ],
    [
      "of a redriven delivery is a trace of its own",
      { traceparent: SAMPLED, redriven: 1 },
      0,
      { traceId: "t1", isSampled: true, links: [SAMPLED] },
    ],
    [
      "of an event without a trace is made of the event's id",
      { eventId: EVENT_ID },
      0,
      { traceId: EVENT_ID.replaceAll("-", ""), isSampled: false, links: [] },
    ],
    [
      "of a record without a trace is made of the delivery's id",
      { id: EVENT_ID, eventId: "order-7" },
      0,
      { traceId: EVENT_ID.replaceAll("-", ""), isSampled: false, links: [] },
    ],
    [
      "of what has no usable id is drawn",
      { id: "d-1", eventId: "order-7" },
      0,
      { traceId: "t1", isSampled: false, links: [] },
    ],
    [
      "of what carries nonsense is as if it carried nothing",
      { traceparent: "00-nonsense", eventId: EVENT_ID },
      0,
      { traceId: EVENT_ID.replaceAll("-", ""), isSampled: false, links: [] },
    ],
  ];
  for (const [name, delivery, ageMs, expected] of cases) {
    it(`The place of an attempt ${name}`, () => assert.deepEqual(place(delivery, ageMs), { ...drawn, ...expected }));
  }

  it("The place of an attempt is what its call, its record and its next attempt carry", () => {
    const trace = {
      ...place({ traceparent: SAMPLED }),
      tracestate: "a=1",
      spanId: "s",
      callSpanId: "c",
      recordSpanId: "r",
    };
    assert.deepEqual(callContext(trace), { traceparent: `00-${TRACE}-c-01`, tracestate: "a=1" });
    assert.deepEqual(recordContext({ ...trace, isSampled: false }), {
      traceparent: `00-${TRACE}-r-00`,
      tracestate: "a=1",
    });
    assert.deepEqual(formerAttempt({ ...trace, isSampled: false }), { formerAttempt: `00-${TRACE}-s-01` });
    assert.deepEqual(formerAttempt(undefined), {});
  });
});

describe("what events carry", () => {
  const own = { traceparent: FORMER, tracestate: "own=1" };
  const context = { traceparent: SAMPLED, tracestate: "request=1" };
  const untrusted = { isTrusted: () => false };
  const carried = (ratio: number, made: Partial<PutRequest>, entry: TracedEntry, count = 1) => {
    const trace = tracing(ratio).tracing.beginPut(request(made));
    return { carried: trace.contextOf(entry, 0, count), isRecorded: trace.spans !== undefined };
  };
  const cases: readonly [string, number, Partial<PutRequest>, TracedEntry, number, object][] = [
    ["nothing, where nobody wants it recorded", 0, {}, {}, 1, { carried: undefined, isRecorded: false }],
    ["what it brought, from who is trusted", 0, {}, own, 1, { carried: own, isRecorded: false }],
    ["nothing of a stranger's", 0, { ...untrusted, context }, own, 1, { carried: undefined, isRecorded: false }],
    [
      "a context of ours, where its sender chose its id",
      0,
      untrusted,
      { id: "e" },
      1,
      { carried: { traceparent: "00-t1-s1-00" }, isRecorded: false },
    ],
    [
      "the request's, where its sender does not want it recorded",
      1,
      { context: { traceparent: UNSAMPLED } },
      {},
      1,
      { carried: { traceparent: UNSAMPLED }, isRecorded: false },
    ],
    [
      "the storing of its request, where it is alone",
      0,
      { context },
      {},
      1,
      { carried: { traceparent: `00-${TRACE}-s2-01`, tracestate: "request=1" }, isRecorded: true },
    ],
    [
      "a span of its own among several",
      0,
      { context },
      {},
      2,
      { carried: { traceparent: `00-${TRACE}-s3-01`, tracestate: "request=1" }, isRecorded: true },
    ],
    ["what it brought, recorded or not", 1, {}, own, 2, { carried: own, isRecorded: true }],
    [
      "a context of ours in place of a stranger's",
      1,
      { ...untrusted, context },
      own,
      1,
      { carried: { traceparent: "00-t1-s2-01" }, isRecorded: true },
    ],
  ];
  for (const [name, ratio, made, entry, count, expected] of cases) {
    it(`An event carries ${name}`, () => assert.deepEqual(carried(ratio, made, entry, count), expected));
  }

  it("An event carries what its caller brought while traces are off, whoever that is", () => {
    const off = new Tracing({ nowMs: () => 0, random: () => 0, ids: countedIds() });
    const trace = off.beginPut(request({ ...untrusted, context }));
    assert.equal(trace.spans, undefined);
    assert.deepEqual([trace.contextOf(own, 0, 1), trace.contextOf({}, 0, 1)], [own, context]);
    assert.equal(off.beginAttempt(stockDelivery(), 0), undefined);
  });

  it("So many puts are recorded as the ratio says, and a caller is asked for only where it brings a trace", () => {
    const recorded = (ratio: number, random: number) =>
      tracing(ratio, random).tracing.beginPut(request()).spans !== undefined;
    assert.deepEqual(
      [recorded(0.01, 0.009), recorded(0.01, 0.01), recorded(0, 0), recorded(1, 0.999)],
      [true, false, false, true],
    );
    const isTrusted = () => assert.fail("asked");
    const trace = tracing(0).tracing.beginPut(request({ isTrusted }));
    assert.equal(trace.contextOf({}, 0, 1), undefined);
  });
});

describe("spans of facts", () => {
  it("An attempt that succeeds and is not sampled makes no span, and one that fails makes two", () => {
    const { tracing: on, spans } = tracing(0);
    const observer = createTraceObserver(on);
    const delivery = stockDelivery({ firstAtMs: 900, eventId: EVENT_ID });
    const trace = on.beginAttempt(delivery, 1_000);
    assert.ok(trace !== undefined);
    observer.attempt?.(sampleAttempt({ delivery, trace }));
    assert.equal(spans.length, 0);
    const outcome = { ok: false, reason: "timeout", message: "a secret of the answer's" } as const;
    observer.circuit?.({ destination: delivery.destination, state: "open", failure: outcome });
    observer.attempt?.(
      sampleAttempt({ delivery, trace, outcome, verdict: { kind: "retry", delayMs: 1, counted: true } }),
    );
    assert.deepEqual(
      spans.map(({ name, spanId, parentSpanId, errorType, startMs, endMs }) => [
        name,
        spanId,
        parentSpanId,
        errorType,
        startMs,
        endMs,
      ]),
      [
        ["process busbar.function.stock", "s1", undefined, "timeout", 1_000, 5_000],
        ["POST", "s2", "s1", "timeout", 1_000, 1_200],
      ],
    );
    assert.deepEqual(spans[0]?.events, [{ name: "busbar.circuit.opened", atMs: 5_000, attributes: {} }]);
    assert.equal(spans[0].attributes["busbar.sampled.by"], "failure");
    assert.ok(!JSON.stringify(spans).includes("secret"));
  });

  it("An attempt that is not sampled and made a dead letter is recorded although its call went well", () => {
    const { tracing: on, spans } = tracing(0);
    const delivery = stockDelivery({ firstAtMs: 900, eventId: EVENT_ID });
    const trace = on.beginAttempt(delivery, 1_000);
    assert.ok(trace !== undefined);
    const letter = { deliveryId: "r-1", queue: "failed", reason: "target_gone" } as const;
    createTraceObserver(on).attempt?.(sampleAttempt({ delivery, trace, deadLetters: [letter] }));
    assert.deepEqual(
      spans.map(({ name }) => name),
      ["process busbar.function.stock", "POST"],
    );
  });

  it("A delivery that a router died of holding has a span that says so", () => {
    const { tracing: on, spans } = tracing(0);
    createTraceObserver(on).suspected?.(stockDelivery({ firstAtMs: 4_000, traceparent: SAMPLED }));
    const [span, ...others] = spans;
    assert.deepEqual([span?.traceId, span?.errorType, others], [TRACE, "router_died", []]);
    assert.deepEqual(
      span?.events?.map(({ name }) => name),
      ["busbar.suspected"],
    );
  });

  it("A put that the broker did not take is an error of its storing, an entry that is refused one of its own", () => {
    const { tracing: on, spans } = tracing(1);
    const trace = on.beginPut(request());
    assert.ok(trace.spans !== undefined);
    for (const index of [0, 1]) trace.contextOf({}, index, 2);
    const entries = [
      sampleEntry({ outcome: "InternalFailure" }),
      sampleEntry({ outcome: "MalformedDetail", bus: "other" }),
    ];
    const storing = { startedAtMs: 2_000, endedAtMs: 3_000 };
    createTraceObserver(on).put?.({ outcome: "unavailable", seconds: 1, entries, spans: trace.spans, storing });
    trace.answered(503);
    trace.answered(undefined);
    assert.deepEqual(
      spans.map(({ name, kind, errorType }) => [name, kind, errorType]),
      [
        ["create default", "producer", "InternalFailure"],
        ["create other", "producer", "MalformedDetail"],
        ["send", "client", "unavailable"],
        ["POST /", "server", "503"],
        ["POST /", "server", "aborted"],
      ],
    );
  });

  it("What a stranger claims of an entry's trace is a link of the span that the entry came by", () => {
    for (const count of [1, 2]) {
      const { tracing: on, spans } = tracing(1);
      const trace = on.beginPut(request({ isTrusted: () => false }));
      assert.ok(trace.spans !== undefined);
      for (let index = 0; index < count; index++)
        trace.contextOf(index === 0 ? { traceparent: SAMPLED } : {}, index, count);
      const entries = Array.from({ length: count }, () => sampleEntry());
      const storing = { startedAtMs: 2_000, endedAtMs: 3_000 };
      createTraceObserver(on).put?.({ outcome: "accepted", seconds: 1, entries, spans: trace.spans, storing });
      const linked = spans
        .filter(({ links }) => links.some(({ traceId }) => traceId === TRACE))
        .map(({ name }) => name);
      assert.deepEqual(linked, [count === 1 ? "send default" : "create default"]);
    }
  });

  it("Ids are drawn anew each time, and are ids", () => {
    const ids = createSpanIds();
    const drawn = Array.from({ length: 1_000 }, () => [ids.traceId(), ids.spanId()]).flat();
    assert.equal(new Set(drawn).size, 2_000);
    assert.ok(drawn.every((id) => /^([0-9a-f]{32}|[0-9a-f]{16})$/.test(id)));
  });
});

describe("tracestate", () => {
  const long = `k=${"v".repeat(250)}`;
  const cases: readonly [string, string | undefined][] = [
    ["vendor=1,other@v=2", "vendor=1,other@v=2"],
    [" vendor=1 ,, other=2 ", "vendor=1,other=2"],
    ["", undefined],
    ["nonsense", undefined],
    ["UPPER=1", undefined],
    ["vendor=1,nonsense", undefined],
    ["vendor=a\nb", undefined],
    ["vendor=é", undefined],
    [`a${long},b${long},c${long}`, `a${long},b${long}`],
    [
      Array.from({ length: 40 }, (_, at) => `a${at}=1`).join(),
      Array.from({ length: 32 }, (_, at) => `a${at}=1`).join(),
    ],
  ];
  for (const [text, expected] of cases) {
    it(`tracestate ${JSON.stringify(text).slice(0, 40)} is ${expected === undefined ? "dropped" : "kept, or its beginning"}`, () => {
      assert.equal(readTracestate(text), expected);
      assert.ok(Buffer.byteLength(expected ?? "") <= 512);
    });
  }
});

describe("OpenTelemetry's variables", () => {
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  const ON = { to: "http://collector:4318", queueMax: 8_192, batchMax: 512, delayMs: 5_000 };
  const cases: readonly [string, NodeJS.ProcessEnv, object][] = [
    ["off without an endpoint", { OTEL_TRACES_SAMPLER: "always_on" }, { kind: "off" }],
    ["off where the endpoint is empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, { kind: "off" }],
    ["off where they say so", { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }, { kind: "off" }],
    ["off where there is no exporter", { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }, { kind: "off" }],
    ["on with an endpoint", ENDPOINT, { kind: "on", settings: ON }],
    [
      "on with an endpoint for traces alone, whose path is not shown",
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://collector/with/a-key" },
      { kind: "on", settings: { ...ON, to: "https://collector" } },
    ],
    [
      "on with a sampler's share",
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" },
      { kind: "on", settings: { ...ON, ratio: 0.25 } },
    ],
    ["on with none", { ...ENDPOINT, OTEL_TRACES_SAMPLER: "always_off" }, { kind: "on", settings: { ...ON, ratio: 0 } }],
    [
      "on with bounds, of which a wrong one does not count",
      {
        ...ENDPOINT,
        OTEL_BSP_MAX_QUEUE_SIZE: "100",
        OTEL_BSP_SCHEDULE_DELAY: "soon",
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "9",
      },
      { kind: "on", settings: { ...ON, queueMax: 100, batchMax: 9 } },
    ],
    [
      "wrong with another protocol",
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
      {
        kind: "wrong",
        problem: "OTEL_EXPORTER_OTLP_PROTOCOL must be http/json, got grpc: name a collector's HTTP port, 4318",
      },
    ],
    [
      "wrong with an address that is none, which is not shown",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "user:secret@collector" },
      { kind: "wrong", problem: "OTEL_EXPORTER_OTLP_ENDPOINT must be an http:// or https:// URL" },
    ],
    [
      "wrong with a share that is none",
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "25" },
      { kind: "wrong", problem: "OTEL_TRACES_SAMPLER_ARG must be 0..1" },
    ],
  ];
  for (const [name, env, expected] of cases) {
    it(`Traces are ${name}`, () => assert.deepEqual(readTraceVariables(env), expected));
  }
});
