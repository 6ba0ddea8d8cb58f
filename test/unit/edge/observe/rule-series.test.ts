import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Counter, Registry } from "prom-client";
import { JoinedMap } from "../../../../src/collections/joined-map.ts";
import { SortedMap } from "../../../../src/collections/sorted-map.ts";
import { RULE_SERIES_MAX, RuleSeries } from "../../../../src/edge/observe/counting/rule-series.ts";
import { eventually } from "../../../contract/waiting.ts";

type State = "ENABLED" | "DISABLED";

function rulesOf(names: readonly string[], state: State = "ENABLED") {
  return new Map(names.map((name) => [`default/${name}`, { bus: "default", name, state }]));
}

function series() {
  const counter = new Counter({ name: "matched", help: "-", labelNames: ["bus", "rule"], registers: [new Registry()] });
  const values = async () => {
    const { values: found } = await counter.get();
    return new Map(found.map(({ labels, value }) => [String(new Map(Object.entries(labels)).get("rule")), value]));
  };
  return { ruleSeries: new RuleSeries(counter), values };
}

const numbered = (count: number, prefix = "r") => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

describe("The series of single rules", () => {
  it("start at 0 with the rule, and go with it or when it is disabled", async () => {
    const { ruleSeries, values } = series();
    ruleSeries.follow(new Map([...rulesOf(["a", "b"]), ...rulesOf(["off"], "DISABLED")]));
    ruleSeries.matched({ bus: "default", rule: "a" });
    assert.deepEqual(
      await values(),
      new Map([
        ["a", 1],
        ["b", 0],
      ]),
    );
    ruleSeries.follow(new Map([...rulesOf(["c"]), ...rulesOf(["a"], "DISABLED")]));
    assert.deepEqual(await values(), new Map([["c", 0]]));
  });

  it("are followed in turns where they are many, the latest rules at the end; what matches meanwhile has its own", async () => {
    const { ruleSeries, values } = series();
    ruleSeries.follow(rulesOf(numbered(5_000, "old")));
    assert.ok((await values()).size < 5_000);
    ruleSeries.follow(rulesOf(numbered(3_000)));
    ruleSeries.matched({ bus: "default", rule: "r2999" });
    assert.equal((await values()).get("r2999"), 1);
    await eventually("they are followed", async () => {
      const found = await values();
      return found.size === 3_000 && !found.has("old0") && found.get("r2998") === 0;
    });
    assert.equal((await values()).get("r2999"), 1);
  });

  it("cost what a change of the configuration changes, however many rules there are", async () => {
    const { ruleSeries, values } = series();
    let asked = 0;
    const ruleNamed = (name: string) => ({
      bus: "default",
      name,
      get state(): State {
        asked += 1;
        return "ENABLED";
      },
    });
    let made = SortedMap.empty<ReturnType<typeof ruleNamed>>();
    for (const name of numbered(5_000)) made = made.with(`default/${name}`, ruleNamed(name));
    ruleSeries.follow(new JoinedMap(new Map(), made));
    await eventually("they are followed", async () => (await values()).size === 5_000);
    asked = 0;
    made = made.with("default/new", ruleNamed("new")).without("default/r7");
    ruleSeries.follow(new JoinedMap(new Map(), made));
    await eventually("the change is followed", async () => (await values()).get("new") === 0);
    assert.equal((await values()).has("r7"), false);
    assert.ok(asked < 10, `${asked} rules were looked at`);
  });

  it("are bounded: other rules are counted together", async () => {
    const { ruleSeries, values } = series();
    ruleSeries.follow(rulesOf(numbered(RULE_SERIES_MAX + 1)));
    await eventually("they are followed", async () => (await values()).size >= RULE_SERIES_MAX);
    ruleSeries.matched({ bus: "default", rule: `r${RULE_SERIES_MAX}` });
    ruleSeries.matched({ bus: "default", rule: "nobody" });
    assert.equal((await values()).get("unknown"), 2);
    assert.equal((await values()).size, RULE_SERIES_MAX + 1);
    ruleSeries.follow(rulesOf(numbered(RULE_SERIES_MAX + 1).slice(1)));
    await eventually("one has gone", async () => !(await values()).has("r0"));
    ruleSeries.matched({ bus: "default", rule: `r${RULE_SERIES_MAX}` });
    assert.equal((await values()).get(`r${RULE_SERIES_MAX}`), 1);
  });
});
