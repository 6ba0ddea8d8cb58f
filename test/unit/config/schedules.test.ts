import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lintSchedules } from "../../../src/config/lint.ts";
import { load, problemsOf } from "../../support/config-folder.ts";

const BASE = `
functions: { worker: { http: { url: "http://worker/" } } }
queues: { ticks: {} }
apiDestinations: { crm: { url: "https://crm/" } }
schedules:
`;

describe("Schedules in YAML", () => {
  it("are read with EventBridge Scheduler's names and defaults", async () => {
    const loaded = await load({
      "a.yaml": `${BASE}
  full:
    description: In the morning
    state: DISABLED
    scheduleExpression: cron(0 9 ? * MON-FRI *)
    scheduleExpressionTimezone: Europe/Berlin
    startDate: 2026-12-01T00:00:00Z
    endDate: 2027-12-01T00:00:00+01:00
    flexibleTimeWindow: { mode: FLEXIBLE, maximumWindowInMinutes: 15 }
    target:
      apiDestination: crm
      input: { a: [1, "<aws.scheduler.scheduled-time>"] }
      retryPolicy: { maximumRetryAttempts: 3 }
      deadLetterConfig: { queue: ticks }
  bus:
    scheduleExpression: at(2026-12-01T00:00:00)
    target: { eventBus: default, source: shop, detailType: Tick }
  short:
    scheduleExpression: rate(5 minutes)
    flexibleTimeWindow: { mode: OFF }
    target: { queue: ticks, input: '"text"' }
`,
    });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const [full, bus, short] = ["full", "bus", "short"].map((name) => loaded.config.schedules.get(name));
    assert.ok(full !== undefined && bus !== undefined && short !== undefined);
    const { timing, ...others } = full;
    assert.deepEqual(others, {
      name: "full",
      description: "In the morning",
      state: "DISABLED",
      expression: "cron(0 9 ? * MON-FRI *)",
      windowMinutes: 15,
      target: {
        to: { kind: "api-destination", name: "crm" },
        inputJson: '{"a":[1,"<aws.scheduler.scheduled-time>"]}',
        retryPolicy: { maximumRetryAttempts: 3, maximumEventAgeInSeconds: 86_400 },
        deadLetterQueue: "ticks",
      },
    });
    assert.equal(timing.zone.name, "Europe/Berlin");
    assert.deepEqual([timing.startMs, timing.endMs], ["2026-12-01T00:00:00Z", "2027-11-30T23:00:00Z"].map(Date.parse));
    assert.deepEqual(bus.target, {
      to: { kind: "event-bus", name: "default" },
      inputJson: "{}",
      event: { source: "shop", detailType: "Tick" },
    });
    assert.equal(short.windowMinutes, undefined);
    assert.deepEqual([short.state, short.timing.zone.name, short.target.inputJson], ["ENABLED", "UTC", '"text"']);
  });

  it("that are enabled and not due any more are lint warnings", async () => {
    const loaded = await load({
      "a.yaml": `${BASE}
  over: { scheduleExpression: "at(2020-01-01T00:00:00)", target: { queue: ticks } }
  off: { state: DISABLED, scheduleExpression: "at(2020-01-01T00:00:00)", target: { queue: ticks } }
  never: { scheduleExpression: cron(0 0 30 2 ? *), target: { queue: ticks } }
  fine: { scheduleExpression: rate(1 day), target: { queue: ticks } }
`,
    });
    assert.ok(loaded.ok);
    const warnings = lintSchedules(loaded.config, loaded.scheduleEntries, Date.parse("2026-01-01T00:00:00Z"));
    assert.deepEqual(
      warnings.map(({ message, line }) => [message, line]),
      [
        ['schedule "over": scheduleExpression is not due any more', 7],
        ['schedule "never": scheduleExpression is not due any more', 9],
      ],
    );
  });

  it("are refused with what is wrong, all of it at once", async () => {
    const problems = await problemsOf({
      "a.yaml": `${BASE}
  expression: { scheduleExpression: cron(0 24 * * ? *), target: { queue: ticks } }
  zone: { scheduleExpression: rate(1 hour), scheduleExpressionTimezone: Berlin, target: { queue: ticks } }
  dates:
    scheduleExpression: rate(1 hour)
    startDate: 2026-12-02T00:00:00Z
    endDate: 2026-12-01T00:00:00Z
    target: { queue: ticks }
  once: { scheduleExpression: "at(2026-12-01T00:00:00)", startDate: 2026-12-02T00:00:00Z, target: { queue: ticks } }
  none: { scheduleExpression: rate(1 hour), target: {} }
  bus: { scheduleExpression: rate(1 hour), target: { eventBus: default, source: aws.x, input: [1] } }
  queue: { scheduleExpression: rate(1 hour), target: { queue: tick, source: x } }
  endless: { scheduleExpression: rate(1 hour), flexibleTimeWindow: { mode: FLEXIBLE }, target: { queue: ticks } }
  off: { scheduleExpression: rate(1 hour), flexibleTimeWindow: { mode: OFF, maximumWindowInMinutes: 1 }, target: { queue: ticks } }
  long: { scheduleExpression: rate(1 hour), flexibleTimeWindow: { mode: FLEXIBLE, maximumWindowInMinutes: 1441 }, target: { queue: ticks } }
  onbus: { scheduleExpression: rate(1 hour), target: { eventBus: default, source: x, detailType: y, retryPolicy: {} } }
`,
    });
    assert.deepEqual(problems, [
      'schedule "expression": scheduleExpression hours: "24" is not in 0..23, got "cron(0 24 * * ? *)" (a.yaml:7:37)',
      'schedule "zone": scheduleExpressionTimezone must be a time zone such as Europe/Berlin, got "Berlin" (a.yaml:8:73)',
      'schedule "dates": endDate must not be before startDate, got "2026-12-01T00:00:00Z" (a.yaml:12:14)',
      'schedule "once": startDate is for rate and cron only: at says when, got "2026-12-02T00:00:00Z" (a.yaml:14:69)',
      'schedule "none": target must have exactly one of function, queue, stream, apiDestination, eventBus, has none (a.yaml:15:45)',
      'schedule "bus": target must have detailType, which the event on the bus gets (a.yaml:16:44)',
      'schedule "bus": target.source must not begin with "aws.", got "aws.x" (a.yaml:16:81)',
      'schedule "bus": target.input must be a mapping: it is the detail of an event (a.yaml:16:88)',
      'schedule "queue": target.queue must name a configured queue, got "tick"; did you mean "ticks"? (a.yaml:17:63)',
      'schedule "queue": target.source is for event buses only, got "x" (a.yaml:17:77)',
      'schedule "endless": flexibleTimeWindow must have maximumWindowInMinutes for mode FLEXIBLE (a.yaml:18:48)',
      'schedule "off": flexibleTimeWindow.maximumWindowInMinutes is for mode FLEXIBLE only, got 1 (a.yaml:19:101)',
      'schedule "long": flexibleTimeWindow.maximumWindowInMinutes must be 1..1440, got 1441 (a.yaml:20:107)',
      'schedule "onbus": target.retryPolicy is not for event buses: the event is on its bus when the schedule has fired (a.yaml:21:101)',
    ]);
  });
});

describe("Rules with a schedule in YAML", () => {
  it("have a schedule of their own, with a pattern or without one", async () => {
    const loaded = await load({
      "a.yaml": `${BASE.replace("schedules:", "rules:")}
  both: { eventPattern: { source: [shop] }, scheduleExpression: rate(1 hour), targets: { t: { queue: ticks } } }
  timed: { description: Each day, scheduleExpression: cron(0 9 * * ? *), state: DISABLED, targets: {} }
`,
    });
    assert.ok(loaded.ok, JSON.stringify(loaded));
    const { rules, rulesByBus, schedules } = loaded.config;
    assert.deepEqual([...schedules.keys()], ["rule:both", "rule:timed"]);
    const { timing, ...timed } = schedules.get("rule:timed") ?? assert.fail();
    assert.deepEqual(timed, {
      name: "rule:timed",
      description: "Each day",
      state: "DISABLED",
      expression: "cron(0 9 * * ? *)",
      target: { to: { kind: "event-bus", name: "default" }, rule: "default/timed" },
    });
    assert.equal(timing.zone.name, "UTC");
    assert.equal(rules.get("default/both")?.patternJson, '{"source":["shop"]}');
    assert.deepEqual(
      rulesByBus.get("default")?.rules.map(({ name }) => name),
      ["both"],
    );
  });

  it("are refused on other buses, with another dialect's expression, and with conditions but no pattern", async () => {
    const problems = await problemsOf({
      "a.yaml": `eventBuses: { shop: {} }
rules:
  shop/timed: { scheduleExpression: rate(1 hour), targets: {} }
  once: { scheduleExpression: at(2030-01-01T00:00:00), targets: {} }
  plural: { scheduleExpression: rate(1 hours), targets: {} }
  neither: { targets: {} }
  met: { scheduleExpression: rate(1 hour), conditions: { all: [] }, targets: {} }
`,
    });
    const expected = [
      /rule "shop\/timed": scheduleExpression is supported only on the default event bus/,
      /rule "once": scheduleExpression must be rate\(/,
      /rule "plural": scheduleExpression must say hour after 1/,
      /rule "neither": missing property "eventPattern"/,
      /rule "met": conditions are for rules with an eventPattern/,
    ];
    for (const [at, text] of expected.entries()) assert.match(problems[at] ?? "", text);
  });
});
