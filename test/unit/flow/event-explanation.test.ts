import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import type { Config } from "../../../src/domain/config.ts";
import type { JsonObject } from "../../../src/json/json.ts";
import type { Rule } from "../../../src/domain/rule/rule.ts";
import { hasPattern } from "../../../src/domain/rule/rule.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";
import type { EventExplanation } from "../../../src/ports/admin/explain.ts";
import type { Explaining, YieldTurn } from "../../../src/flow/explain/event-explanation.ts";
import { explainEvent, explainRule, NEAR_MISSES_MAX } from "../../../src/flow/explain/event-explanation.ts";
import { withFolder } from "../../support/config-folder.ts";

const EVENT = { source: "shop", "detail-type": "Placed", detail: { total: 80 } };

const explaining = (config: Config, pause: YieldTurn = () => Promise.resolve()): Explaining => ({
  config,
  pause,
  mayExplain: () => true,
});

async function withConfig(yaml: string): Promise<Config> {
  const loaded = await withFolder({ "busbar.yaml": yaml }, (folder) => loadConfig(folder, { compileConditions }));
  assert.ok(loaded.ok);
  return loaded.config;
}

async function explained(event: JsonObject, bus: string, config: Config): Promise<EventExplanation> {
  const explanation = await explainEvent(event, bus, explaining(config));
  return explanation === "too costly" ? assert.fail(explanation) : explanation;
}

async function isMatched(rule: Rule | undefined, event: JsonObject, config: Config): Promise<boolean> {
  assert.ok(rule !== undefined && hasPattern(rule));
  const explanation = await explainRule(rule, event, explaining(config));
  return explanation === "too costly" ? assert.fail(explanation) : explanation.matched;
}

describe("explanations of an event", () => {
  it("An explanation names the rules that match with their targets, and the others, the nearest first", async () => {
    const config = await withConfig(`
queues: { done: {} }
rules:
  far: { eventPattern: { source: [bank], detail: { total: [1] } }, targets: { keep: { queue: done } } }
  near: { eventPattern: { source: [shop], detail: { total: [{ numeric: [">=", 100] }] } }, targets: { keep: { queue: done } } }
  all:
    eventPattern: { source: [shop] }
    targets: { keep: { queue: done, delaySeconds: 60 }, sum: { function: sum, batch: { size: 5 } } }
functions: { sum: { http: { url: "http://sum" } } }
`);
    const { matched, missed, leftOut } = await explained(EVENT, "default", config);
    assert.deepEqual(
      matched.map(({ rule, targets }) => [rule, targets]),
      [
        [
          "all",
          [
            { id: "keep", kind: "queue", name: "done", delaySeconds: 60 },
            { id: "sum", kind: "function", name: "sum", batch: { size: 5, windowSeconds: 0 } },
          ],
        ],
      ],
    );
    assert.deepEqual(
      missed.map(({ rule, misses }) => [rule, misses.map(({ field }) => field)]),
      [
        ["near", ["detail.total"]],
        ["far", ["detail.total", "source"]],
      ],
    );
    assert.equal(leftOut, 0);
  });

  it("An explanation lists disabled rules, other buses, and conditions", async () => {
    const config = await withConfig(`
eventBuses: { audit: {} }
queues: { done: {} }
rules:
  off: { state: DISABLED, eventPattern: { source: [shop] }, targets: { keep: { queue: done } } }
  audit/other: { eventPattern: { source: [shop] }, targets: { keep: { queue: done } } }
  strict:
    eventPattern: { source: [shop] }
    conditions: { all: [{ fact: detail, path: $.total, operator: greaterThan, value: 1000 }] }
    targets: { keep: { queue: done } }
`);
    const { matched, missed, onOtherBuses } = await explained(EVENT, "default", config);
    assert.deepEqual(matched, []);
    assert.deepEqual(
      missed.map(({ rule, state, conditions }) => [rule, state, conditions]),
      [
        ["off", "DISABLED", undefined],
        ["strict", "ENABLED", "not met"],
      ],
    );
    assert.deepEqual(onOtherBuses, ["audit/other"]);
    assert.deepEqual(missed[1]?.unmetComparisons, [
      { place: "all[0]", comparison: "detail $.total greaterThan 1000", isNegated: false, found: "80" },
    ]);
    const strict = config.rules.get("default/strict");
    assert.ok(strict);
    assert.equal(await isMatched(strict, { ...EVENT, detail: { total: 2_000 } }, config), true);
  });

  it("An explanation follows an event from bus to bus, only by rules whose conditions are met", async () => {
    const config = await withConfig(`
eventBuses: { audit: {} }
queues: { done: {} }
rules:
  forward: { eventPattern: { source: [shop] }, targets: { audit: { eventBus: audit } } }
  audit/kept: { eventPattern: { source: [shop] }, targets: { keep: { queue: done } } }
  audit/strict:
    eventPattern: { source: [shop] }
    conditions: { all: [{ fact: detail, path: $.total, operator: greaterThan, value: 1000 }] }
    targets: { keep: { queue: done } }
`);
    const { matched, onOtherBuses } = await explained(EVENT, "default", config);
    assert.deepEqual(matched[0]?.targets, [{ id: "audit", kind: "event-bus", name: "audit", rules: ["audit/kept"] }]);
    assert.deepEqual(onOtherBuses, ["audit/kept"]);
  });

  it("An explanation of many rules lets other work be done in between", async () => {
    const rules = Array.from({ length: 1_000 }, (_, index) => {
      return `  r${index}: { eventPattern: { source: [s${index}] }, targets: { keep: { queue: done } } }`;
    });
    const config = await withConfig(["queues: { done: {} }", "rules:", ...rules, ""].join("\n"));
    let pauses = 0;
    await explainEvent(
      EVENT,
      "default",
      explaining(config, () => Promise.resolve(pauses++)),
    );
    assert.equal(pauses, 5);
  });

  it("An explanation lists the nearest rules only, and how many more there are", async () => {
    const rules = Array.from({ length: NEAR_MISSES_MAX + 5 }, (_, index) => {
      return `  r${index}: { eventPattern: { source: [s${index}] }, targets: { keep: { queue: done } } }`;
    });
    const config = await withConfig(["queues: { done: {} }", "rules:", ...rules, ""].join("\n"));
    const { missed, leftOut } = await explained(EVENT, "default", config);
    assert.deepEqual([missed.length, leftOut], [NEAR_MISSES_MAX, 5]);
  });
});
