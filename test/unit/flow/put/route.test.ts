import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Message } from "../../../../src/domain/queue/message.ts";
import type { Config } from "../../../../src/domain/config.ts";
import type { Delivery } from "../../../../src/domain/delivery/delivery.ts";
import { CONSEQUENCES_MAX } from "../../../../src/domain/delivery/delivery.ts";
import { readDelivery } from "../../../../src/domain/delivery/delivery-message.ts";
import type { BusEvent } from "../../../../src/domain/event/event.ts";
import type { DeadLetterFact } from "../../../../src/domain/facts.ts";
import type { Outcome } from "../../../../src/domain/failure/outcome.ts";
import { functionPolicy } from "../../../../src/domain/target/policy.ts";
import type { RuleIndex } from "../../../../src/pattern/rule-index.ts";
import type { RoutedFact } from "../../../../src/domain/facts.ts";
import type { PatternRule, Rule } from "../../../../src/domain/rule/rule.ts";
import { parseTemplate } from "../../../../src/domain/rule/template.ts";
import { partitionFor } from "../../../../src/domain/stream/stream.ts";
import { consequencesOf } from "../../../../src/flow/deliver/consequences.ts";
import { route } from "../../../../src/flow/route/route.ts";
import {
  IDENTITY,
  sampleConfig,
  sampleDelivery,
  sampleEvent,
  sampleFunction,
  sampleRule,
  sampleTarget,
} from "../../../support/sample.ts";

const TRACEPARENT = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
const shop = { source: ["shop"] };
const toQueue = sampleTarget("keep", { kind: "queue", name: "kept" });
const toOps = { kind: "event-bus", name: "ops" } as const;

function eventOn(bus: string, json = '{"source":"shop","detail":{"total":1.0}}'): BusEvent {
  return sampleEvent({ bus, json, body: Buffer.from(json) });
}

/** The kinds of what an event's messages were stored for. */
function kindsOf({ published }: RoutedFact): readonly string[] {
  return published.map(({ to }) => to.kind);
}

function routed(config: Config, event = eventOn("default"), pause = () => Promise.resolve()) {
  return route(event, { config, identity: IDENTITY, newId: () => "id", pause });
}

function placesOf(deadLetters: readonly DeadLetterFact[]) {
  return deadLetters.map(({ queue, reason }) => ({ queue, reason }));
}

/** What follows from a call of the function `f`, whose record goes where its configuration says. */
function afterCall(config: Config, changes: Partial<Delivery> = {}, outcome: Partial<Outcome & { ok: true }> = {}) {
  const delivery = sampleDelivery(changes);
  const made = {
    delivery,
    target: undefined,
    policy: functionPolicy(sampleFunction("f")),
    payload: delivery.body,
    outcome: { ok: true, statusCode: 200, ...outcome } as const,
    invoked: true,
    startedAtMs: 1,
    endedAtMs: 2,
  };
  const pause = () => Promise.resolve();
  return consequencesOf(made, { kind: "done" }, { config, identity: IDENTITY, newId: () => "id", nowMs: 1_000, pause });
}

/** How often each bus was matched, counted at the index. */
function counting(config: Config): { config: Config; matches: () => number } {
  let matches = 0;
  const watched = [...config.rulesByBus].map(([bus, index]): [string, RuleIndex<PatternRule>] => [
    bus,
    { ...index, match: (event, detailStart) => (matches++, index.match(event, detailStart)) },
  ]);
  return { config: { ...config, rulesByBus: new Map(watched) }, matches: () => matches };
}

describe("an event on a bus", () => {
  it("An event on a bus is matched once on each bus however often rules lead it there", async () => {
    const to = (name: string) => sampleTarget(name, { kind: "event-bus", name });
    const rules = [
      sampleRule("fork", shop, [to("left"), to("right")]),
      sampleRule("join", shop, [to("end")], { bus: "left" }),
      sampleRule("join", shop, [to("end")], { bus: "right" }),
      sampleRule("keep", shop, [toQueue], { bus: "end" }),
    ];
    const { config, matches } = counting(sampleConfig({ buses: ["left", "right", "end"], rules }));
    const result = await routed(config);
    assert.ok(result.ok);
    assert.equal(matches(), 4);
    const { bus, matched } = result.fact;
    assert.deepEqual(
      { bus, matched, published: kindsOf(result.fact) },
      {
        bus: "default",
        matched: ["default/fork", "left/join", "right/join", "end/keep"].map((key) => {
          const [bus = "", rule = ""] = key.split("/");
          return { bus, rule };
        }),
        published: ["queue", "queue"],
      },
    );
  });

  it("An event that would cross more than a thousand buses is refused, as if each were a delivery", async () => {
    // Four ways at each of 16 crossings: following them all would take longer than anybody waits.
    const circle = ["a", "b", "c", "d"].map((id) => sampleTarget(id, { kind: "event-bus", name: "default" }));
    const { config, matches } = counting(sampleConfig({ rules: [sampleRule("circle", shop, circle)] }));
    const result = await routed(config);
    assert.equal(!result.ok && result.reason, "fan_out");
    assert.equal(matches(), 1);
  });

  it("An event crosses 16 buses, and the next is a loop", async () => {
    const names = Array.from({ length: 20 }, (_, index) => (index === 0 ? "default" : `bus-${index}`));
    const rules = names.map((bus, index) => {
      const onward = sampleTarget("on", { kind: "event-bus", name: names[index + 1] ?? "default" });
      return sampleRule(`r-${index}`, shop, [toQueue, onward], { bus });
    });
    const result = await routed(sampleConfig({ buses: names.slice(1), rules }));
    assert.ok(result.ok);
    assert.equal(result.fact.published.length, 17);
    assert.deepEqual(placesOf(result.deadLetters), [{ queue: "busbar.dead-letter", reason: "loop" }]);
  });

  it("An event makes 1,000 deliveries, and is refused when it would make one more", async () => {
    for (const count of [1_000, 1_001]) {
      const targets = Array.from({ length: count }, (_, index) => ({ ...toQueue, id: `t-${index}` }));
      const result = await routed(sampleConfig({ rules: [sampleRule("many", shop, targets)] }));
      assert.deepEqual(result.ok ? result.planned.length : result.reason, count === 1_000 ? 1_000 : "fan_out");
    }
  });

  it("An event with large payloads for many targets lets other work have its turn while they are rendered", async () => {
    const input = { kind: "path", path: "$.detail" } as const;
    const targets = Array.from({ length: 100 }, (_, index) => ({ ...toQueue, id: `t-${index}`, input }));
    const config = sampleConfig({ rules: [sampleRule("all", shop, targets)] });
    let pauses = 0;
    await routed(config, eventOn("default", `{"source":"shop","detail":"${"x".repeat(100_000)}"}`), () => {
      pauses += 1;
      return Promise.resolve();
    });
    assert.equal(pauses, 9);
  });

  it("An event's messages have the time of its acceptance and its trace, for a function and for a queue", async () => {
    const rules = [sampleRule("r", shop, [sampleTarget("call", { kind: "function", name: "f" }), toQueue])];
    const config = sampleConfig({ functions: [sampleFunction("f")], rules });
    const result = await routed(config, { ...eventOn("default"), traceparent: TRACEPARENT });
    assert.ok(result.ok);
    assert.deepEqual(
      result.planned.map(({ message: { headers } }) => [headers["busbar-first-at"], headers["traceparent"]]),
      [
        [1_000, TRACEPARENT],
        [1_000, TRACEPARENT],
      ],
    );
  });

  it("An event's payload has the time of its acceptance as <aws.events.event.ingestion-time>", async () => {
    const parsed = parseTemplate({}, '{"at": <aws.events.event.ingestion-time>}');
    assert.ok(parsed.ok);
    const target = { ...toQueue, input: { kind: "template", template: parsed.template } as const };
    const result = await routed(sampleConfig({ rules: [sampleRule("r", shop, [target])] }));
    assert.equal(result.ok && result.planned[0]?.message.body.toString(), '{"at":"1970-01-01T00:00:01Z"}');
  });

  it("An event that reaches many buses lets other work have its turn after each MiB of matching", async () => {
    const names = Array.from({ length: 100 }, (_, index) => `bus-${index}`);
    const targets = names.map((name) => sampleTarget(name, { kind: "event-bus", name }));
    const config = sampleConfig({ buses: names, rules: [sampleRule("all", shop, targets)] });
    let pauses = 0;
    const large = eventOn("default", `{"source":"shop","detail":"${"x".repeat(100_000)}"}`);
    const pause = () => {
      pauses += 1;
      return Promise.resolve();
    };
    await routed(config, large, pause);
    assert.equal(pauses, 9);
  });

  it("An event that another bus cannot match is a dead letter of the rule that leads there", async () => {
    const rule = sampleRule("on", shop, [sampleTarget("t", toOps, { deadLetterQueue: "dead" }), toQueue]);
    const config = sampleConfig({ buses: ["ops"], rules: [rule] });
    const unreadable: RuleIndex<PatternRule> = { rules: [], match: () => "unreadable" };
    const result = await routed({ ...config, rulesByBus: new Map([...config.rulesByBus, ["ops", unreadable]]) });
    assert.ok(result.ok);
    assert.deepEqual(placesOf(result.deadLetters), [{ queue: "dead", reason: "unmatchable" }]);
    assert.deepEqual(kindsOf(result.fact), ["queue"]);
  });
});

describe("a record on a bus", () => {
  const onSuccess = toOps;
  const withRules = (...rules: readonly Rule[]) =>
    sampleConfig({ buses: ["ops"], functions: [sampleFunction("f", { onSuccess })], rules });

  it("A record that matches a rule is counted as a put event is", async () => {
    const { routed, records } = await afterCall(
      withRules(sampleRule("wins", { source: ["lambda"] }, [toQueue], { bus: "ops" })),
    );
    const [fact] = routed;
    assert.ok(fact);
    assert.equal(fact.bus, "ops");
    assert.deepEqual(fact.matched, [{ bus: "ops", rule: "wins" }]);
    assert.deepEqual(fact.published, [
      { id: "id", origin: { bus: "ops", rule: "wins", target: "keep" }, to: { kind: "queue", name: "kept" } },
    ]);
    assert.deepEqual(
      [fact.event?.id, fact.event?.source, fact.event?.detailType],
      ["id", "lambda", "Lambda Function Invocation Result - Success"],
    );
    assert.deepEqual(
      records.map(({ condition, to }) => [condition, to.kind]),
      [["success", "event-bus"]],
    );
  });

  it("A record that no rule matches is counted as unmatched on its bus", async () => {
    const { messages, routed } = await afterCall(withRules());
    assert.deepEqual(messages, []);
    assert.deepEqual(
      routed.map(({ bus, matched, published }) => ({ bus, matched, published })),
      [{ bus: "ops", matched: [], published: [] }],
    );
  });

  it("A record that is too deep to be matched is a dead letter and not counted as sent", async () => {
    const rule = sampleRule("wins", { source: ["lambda"] }, [toQueue], { bus: "ops" });
    const responseJson = "[".repeat(1_200) + "]".repeat(1_200);
    const result = await afterCall(withRules(rule), { traceparent: TRACEPARENT }, { responseJson });
    assert.deepEqual(placesOf(result.deadLetters), [{ queue: "busbar.dead-letter", reason: "unmatchable" }]);
    assert.deepEqual([result.records, result.routed], [[], []]);
    assert.deepEqual(keyHeaders(result.messages[0]), ["INVALID_JSON", "ops", TRACEPARENT]);
  });

  it("A record that would make more than a thousand deliveries is a dead letter with its own reason and its trace", async () => {
    const targets = Array.from({ length: 1_001 }, (_, index) => ({ ...toQueue, id: `t-${index}` }));
    const rule = sampleRule("many", { source: ["lambda"] }, targets, { bus: "ops" });
    const result = await afterCall(withRules(rule), { traceparent: TRACEPARENT });
    assert.deepEqual(placesOf(result.deadLetters), [{ queue: "busbar.dead-letter", reason: "fan_out" }]);
    assert.deepEqual(keyHeaders(result.messages[0]), ["RESOURCE_LIMIT_EXCEEDED", "ops", TRACEPARENT]);
  });

  it("A record that a rule makes longer than any queue takes is a dead letter of that rule", async () => {
    const constant = { kind: "constant", json: JSON.stringify("é".repeat(8 * 1024 * 1024)) } as const;
    const rule = sampleRule("long", { source: ["lambda"] }, [{ ...toQueue, input: constant }], { bus: "ops" });
    const { deadLetters } = await afterCall(withRules(rule));
    assert.deepEqual(placesOf(deadLetters), [{ queue: "busbar.dead-letter", reason: "too_large" }]);
  });

  function keyHeaders(message: Message | undefined) {
    return ["ERROR_CODE", "busbar-bus", "traceparent"].map((name) => message?.headers[name]);
  }
});

describe("all that one event causes", () => {
  const calls = (count: number) =>
    Array.from({ length: count }, (_, index) => sampleTarget(`t-${index}`, { kind: "function", name: "f" }));

  /** Calls the function for everything that it causes, and for what that causes, to the end. */
  async function settleAll(config: Config, first: readonly Message[]) {
    const waiting = [...first];
    let deliveries = 0;
    let loops = 0;
    for (let message = waiting.pop(); message !== undefined; message = waiting.pop()) {
      deliveries += 1;
      const read = readDelivery({ ...message, crashes: 0 });
      if (!read.ok) assert.fail(read.problem);
      const { messages, deadLetters } = await afterCall(config, { ...read.delivery, body: Buffer.from("{}") });
      loops += deadLetters.filter(({ reason }) => reason === "loop").length;
      waiting.push(...messages.filter(({ queue }) => queue === "busbar.function.f"));
      // An end that never comes would be a test that never ends.
      assert.ok(deliveries <= CONSEQUENCES_MAX, "one event goes on and on");
    }
    return { deliveries, loops };
  }

  it("An event through a bus whose rules call its function three times for each record ends as loops", async () => {
    const rules = [
      sampleRule("first", shop, calls(1)),
      sampleRule("again", { source: ["lambda"] }, calls(3), { bus: "ops" }),
    ];
    const config = sampleConfig({ buses: ["ops"], functions: [sampleFunction("f", { onSuccess: toOps })], rules });
    const result = await routed(config);
    assert.ok(result.ok);
    const { deliveries, loops } = await settleAll(
      config,
      result.planned.map((one) => one.message),
    );
    assert.ok(deliveries > CONSEQUENCES_MAX / 3 && deliveries <= CONSEQUENCES_MAX, String(deliveries));
    assert.ok(loops > 0);
  });

  it("An event may cause as many deliveries as its budget has left, and one more is a loop", async () => {
    const lambdas = { source: ["lambda"] };
    const config = sampleConfig({
      buses: ["ops"],
      functions: [sampleFunction("f", { onSuccess: toOps })],
      rules: [sampleRule("again", lambdas, calls(3), { bus: "ops" })],
    });
    for (const [budget, expected] of [
      [3, [3, 0]],
      [2, [1, 1]],
    ] as const) {
      const { messages, deadLetters } = await afterCall(config, { budget });
      assert.deepEqual([messages.length, deadLetters.length], expected);
    }
  });

  it("An event's consequences are divided among the functions that it calls at once", async () => {
    const config = sampleConfig({
      functions: [sampleFunction("f")],
      rules: [sampleRule("r", shop, [...calls(3), toQueue])],
    });
    const result = await routed(config);
    assert.ok(result.ok);
    assert.deepEqual(
      result.planned.map(({ message }) => message.headers["busbar-budget"]),
      [3_332, 3_332, 3_332, undefined],
    );
  });

  for (const [over, onward, deliveries] of [
    ["one bus", [], 17],
    ["two buses", [sampleTarget("on", { kind: "event-bus", name: "more" })], 9],
  ] as const) {
    it(`A function that its own records call over ${over} ends as a loop after 16 hops`, async () => {
      const lambdas = { source: ["lambda"] };
      const functions = [sampleFunction("f", { onSuccess: toOps })];
      const rules = [
        sampleRule("first", shop, calls(1)),
        ...(onward.length === 0
          ? [sampleRule("again", lambdas, calls(1), { bus: "ops" })]
          : [
              sampleRule("on", lambdas, onward, { bus: "ops" }),
              sampleRule("again", lambdas, calls(1), { bus: "more" }),
            ]),
      ];
      const config = sampleConfig({ buses: ["ops", "more"], functions, rules });
      const result = await routed(config);
      assert.ok(result.ok);
      const first = result.planned.map((one) => one.message);
      assert.deepEqual(await settleAll(config, first), { deliveries, loops: 1 });
    });
  }

  it("A function's record calls the next function while the budget lasts, and is a loop after that", async () => {
    const onSuccess = { kind: "function", name: "f" } as const;
    const config = sampleConfig({ functions: [sampleFunction("f", { onSuccess })] });
    const last = await afterCall(config, { budget: 1 });
    assert.deepEqual([last.messages[0]?.queue, last.messages[0]?.headers["busbar-budget"]], ["busbar.function.f", 0]);
    const { messages, deadLetters } = await afterCall(config, { budget: 0 });
    assert.equal(messages[0]?.queue, "busbar.dead-letter");
    assert.deepEqual(placesOf(deadLetters), [{ queue: "busbar.dead-letter", reason: "loop" }]);
  });

  it("A function that calls itself is a chain of 17 calls", async () => {
    const onSuccess = { kind: "function", name: "f" } as const;
    const config = sampleConfig({
      functions: [sampleFunction("f", { onSuccess })],
      rules: [sampleRule("r", shop, calls(1))],
    });
    const result = await routed(config);
    assert.ok(result.ok);
    const first = result.planned.map((one) => one.message);
    assert.deepEqual(await settleAll(config, first), { deliveries: 17, loops: 1 });
  });

  it("An event is appended to a stream under its partition key, always in the same partition", async () => {
    const clicks = { name: "clicks", partitions: 8, retention: {} };
    const to = { kind: "stream", name: "clicks" } as const;
    const config = sampleConfig({
      streams: [clicks],
      rules: [
        sampleRule("r", shop, [
          sampleTarget("user", to, { partitionKeyPath: "$.detail.user" }),
          sampleTarget("number", to, { partitionKeyPath: "$.detail.total" }),
          sampleTarget("nothing", to, { partitionKeyPath: "$.detail.gone" }),
          sampleTarget("plain", to),
        ]),
      ],
    });
    const event = eventOn("default", '{"source":"shop","detail":{"user":"u-1","total":1.0}}');
    const result = await routed(config, event);
    assert.ok(result.ok);
    const placed = result.planned.map(({ message }) => [message.headers["busbar-partition-key"], message.queue]);
    assert.deepEqual(
      placed.map(([key]) => key),
      ["u-1", "1.0", event.id, event.id],
    );
    for (const [key, queue] of placed) assert.equal(queue, partitionFor(clicks, String(key)));
    assert.deepEqual(kindsOf(result.fact), ["stream", "stream", "stream", "stream"]);
    const users = Array.from({ length: 200 }, (_, n) => partitionFor(clicks, `u-${n}`));
    assert.equal(new Set(users).size, 8, "keys are spread over all partitions");
  });
});

describe("A target with batches", () => {
  it("has its deliveries in the queue of the function's batches, and others of the function not", async () => {
    const to = { kind: "function", name: "f" } as const;
    const batch = { size: 10, windowSeconds: 0 };
    const targets = [sampleTarget("many", to, { batch }), sampleTarget("one", to)];
    const made = await routed(
      sampleConfig({ functions: [sampleFunction("f")], rules: [sampleRule("all", shop, targets)] }),
    );
    assert.ok(made.ok);
    assert.deepEqual(
      made.planned.map(({ message }) => message.queue),
      ["busbar.batch.f", "busbar.function.f"],
    );
  });
});

describe("A target with a delay", () => {
  const later = { delaySeconds: 90 };
  const config = sampleConfig({
    functions: [sampleFunction("f")],
    queues: ["kept"],
    rules: [
      sampleRule("all", shop, [
        sampleTarget("f", { kind: "function", name: "f" }, later),
        sampleTarget("crm", { kind: "api-destination", name: "crm" }, later),
        sampleTarget("keep", { kind: "queue", name: "kept" }, later),
        sampleTarget("now", { kind: "queue", name: "kept" }),
      ]),
    ],
  });

  it("has its messages wait, and those of other targets not", async () => {
    const made = await routed(config);
    assert.ok(made.ok);
    assert.deepEqual(
      made.planned.map(({ message }) => message.delayMs),
      [90_000, 90_000, 90_000, undefined],
    );
  });

  it("takes nothing from the age of a delivery: that counts from when the delay is over", async () => {
    const made = await routed(config);
    assert.ok(made.ok);
    const read = made.planned.slice(0, 2).map(({ message }) => readDelivery({ ...message, crashes: 0 }));
    const times = read.map((each) => each.ok && [each.delivery.firstAtMs, each.delivery.acceptedAtMs]);
    assert.deepEqual(times, [
      [91_000, 1_000],
      [91_000, 1_000],
    ]);
    assert.equal(made.planned[2]?.message.headers["busbar-first-at"], 1_000);
  });

  it("gives a dead letter at once: what cannot be rendered does not wait for it", async () => {
    const missing = sampleTarget(
      "keep",
      { kind: "queue", name: "kept" },
      { ...later, input: { kind: "path", path: "$.none" } },
    );
    const made = await routed(sampleConfig({ queues: ["kept"], rules: [sampleRule("all", shop, [missing])] }));
    assert.ok(made.ok);
    assert.deepEqual(
      made.planned.map(({ message, deadLetter }) => [deadLetter?.reason, message.delayMs]),
      [["template_error", undefined]],
    );
  });
});
