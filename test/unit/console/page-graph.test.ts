import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { judgeAll, readPast } from "../../../console/src/logic/event/against-events.ts";
import { testWords } from "../../../console/src/logic/destinations/function-test.ts";
import { layOut, stateOf } from "../../../console/src/logic/rules/graph-layout.ts";
import {
  busiest,
  focusOf,
  focusText,
  ruleFlows,
  rulesInFocus,
  type RuleFlow,
} from "../../../console/src/logic/rules/rule-graph.ts";
import { readPattern } from "../../../console/src/logic/event/sandbox.ts";

function rule(name: string, changes: Partial<RuleFlow> = {}): RuleFlow {
  const sends = [{ destination: "function/a", delivered: 1, failed: 0 }];
  return { bus: "default", name, isEnabled: true, lastHour: 1, lastDay: 1, sends, ...changes };
}

describe("The graph of rules", () => {
  it("joins rules with what they matched and how their destinations fared, each destination once", () => {
    const listed = {
      bus: "default",
      name: "r",
      state: "ENABLED",
      eventPattern: "{}",
      hasConditions: false,
      targets: [
        { id: "1", kind: "function", name: "a", input: "event" },
        { id: "2", kind: "function", name: "a", input: "path" },
        { id: "3", kind: "queue", name: "q", input: "event" },
      ],
    } as const;
    const [joined] = ruleFlows([listed], {
      rules: [{ bus: "default", rule: "r", lastHour: 3, lastDay: 5 }],
      targets: [{ bus: "default", rule: "r", destination: "function/a", delivered: 2, failed: 1 }],
      isMore: false,
    });
    assert.deepEqual(joined, {
      bus: "default",
      name: "r",
      isEnabled: true,
      lastHour: 3,
      lastDay: 5,
      sends: [
        { destination: "function/a", delivered: 2, failed: 1 },
        { destination: "queue/q", delivered: 0, failed: 0 },
      ],
    });
  });

  it("has of a bus its own rules and those that send to it, of a destination its rules, of a rule itself", () => {
    const toAudit = rule("mirror", { sends: [{ destination: "event-bus/audit", delivered: 0, failed: 0 }] });
    const rules = [rule("one"), toAudit, rule("keep", { bus: "audit" })];
    const names = (text: string) => rulesInFocus(rules, focusOf(text)).map(({ name }) => name);
    assert.deepEqual(names("bus/audit"), ["mirror", "keep"]);
    assert.deepEqual(names("destination/event-bus/audit"), ["mirror"]);
    assert.deepEqual(names("rule/audit/keep"), ["keep"]);
    assert.deepEqual(names("nonsense"), ["one", "mirror", "keep"]);
    for (const text of ["bus/a", "rule/a/b/c", "destination/function/a"]) {
      assert.equal(focusText(focusOf(text)!), text);
    }
    for (const text of ["", "bus/", "rule/a", "destination/function", "x/y/z"]) assert.equal(focusOf(text), undefined);
  });

  it("has three columns in which nothing overlaps, and lines as wide as the root of what they carry", () => {
    const rules = [
      rule("quiet", { lastHour: 0, lastDay: 0 }),
      rule("busy", { lastHour: 100 }),
      rule("fair", { lastHour: 25, bus: "audit", sends: [{ destination: "queue/q", delivered: 0, failed: 0 }] }),
      rule("bad", { sends: [{ destination: "function/b", delivered: 0, failed: 2 }] }),
    ];
    const { nodes, edges, height } = layOut(rules);
    assert.equal(new Set(nodes.map(({ x }) => x)).size, 3);
    for (const x of new Set(nodes.map((node) => node.x))) {
      const ys = nodes.filter((node) => node.x === x).map(({ y }) => y);
      ys.slice(1).forEach((y, index) => assert.ok(y - (ys[index] ?? 0) >= 34));
      assert.ok(ys.every((y) => y > 0 && y < height));
    }
    const widthOf = (key: string) => edges.find((edge) => edge.key === key)?.width ?? 0;
    assert.equal((widthOf("default busy") - 1.5) / (widthOf("audit fair") - 1.5), 2);
    assert.equal(widthOf("default quiet"), 1.5);
    const states = Object.fromEntries(rules.map((one) => [one.name, stateOf(one)]));
    assert.deepEqual(states, { quiet: "idle", busy: "busy", fair: "busy", bad: "failing" });
    assert.equal(nodes.find(({ label }) => label === "default")?.state, "failing");
    assert.deepEqual(layOut([]).nodes, []);
  });

  it("draws the busiest where there are too many", () => {
    const rules = Array.from({ length: 200 }, (_, index) => rule(`r-${index}`, { lastHour: index }));
    const drawn = busiest(rules);
    assert.equal(drawn.length, 150);
    assert.ok(drawn.every(({ lastHour }) => lastHour >= 50));
  });
});

describe("A pattern against events that were there", () => {
  const events = readPast(
    Array.from({ length: 100 }, (_, n) => ({ id: `e-${n}`, atMs: n, type: "Paid", body: `{"detail":{"n":${n}}}` })),
  );
  const judged = (pattern: string, signal = new AbortController().signal, clock = { ms: 0, turns: 0 }) => {
    const read = readPattern(pattern);
    if (!read.ok) throw new Error(read.reason);
    const nextTurn = () => {
      clock.turns += 1;
      return Promise.resolve();
    };
    return judgeAll(events, read.pattern, { signal, nextTurn, nowMs: () => (clock.ms += 1) });
  };

  it("counts those that match, and shows the few with what keeps them from it", async () => {
    const few = await judged('{"detail":{"n":[7,8]}}');
    assert.deepEqual([few?.judged, few?.matching, few?.odd.map(({ id }) => id)], [100, 2, ["e-7", "e-8"]]);
    const most = await judged('{"detail":{"n":[{"numeric":[">=",3]}]}}');
    assert.deepEqual(
      most?.odd.map(({ id, misses }) => [id, ...misses]),
      [
        ["e-0", "detail.n"],
        ["e-1", "detail.n"],
        ["e-2", "detail.n"],
      ],
    );
    assert.equal((await judged('{"detail":{"n":[{"numeric":["<",40]}]}}'))?.odd.length, 20);
  });

  it("lets the browser have its turn, and ends when another pattern is typed", async () => {
    const clock = { ms: 0, turns: 0 };
    await judged('{"detail":{"n":[1]}}', undefined, clock);
    assert.ok(clock.turns >= 3, `${clock.turns} turns`);
    assert.equal(await judged('{"detail":{"n":[1]}}', AbortSignal.abort()), undefined);
  });

  it("leaves out what is no event", () => {
    assert.deepEqual(readPast([{ id: "e", atMs: 0, type: "t", body: "[" }]), []);
  });
});

describe("A test's result in words", () => {
  it("says how it ended, and whether the function was called", () => {
    const same = { state: "ended", deliveryId: "d", outputLeftOut: 0 } as const;
    const success = testWords({ ...same, outcome: "success", invoked: true, statusCode: 200, callMs: 12 });
    assert.deepEqual(success, {
      tone: "good",
      word: "succeeded",
      sentence: "The function answered with 200 in 12 ms.",
    });
    const gone = testWords({ ...same, outcome: "target_gone", invoked: false, message: "f is not there" });
    assert.match(gone.sentence, /so it was not called: f is not there$/);
    assert.equal(
      testWords({ ...same, outcome: "unknown", invoked: true, message: "nobody knows" }).sentence,
      "Nobody knows.",
    );
    assert.equal(testWords({ ...same, outcome: "not_taken", invoked: false, message: "x" }).tone, "idle");
  });
});
