import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Config } from "../../../src/domain/config.ts";
import type { Rule } from "../../../src/domain/rule/rule.ts";
import { declarationsOf } from "../../../src/domain/queue/configured-queues.ts";
import { load, problemsOf } from "../../support/config-folder.ts";

async function configOf(yaml: string): Promise<Config> {
  const loaded = await load({ "a.yaml": yaml });
  assert.ok(loaded.ok, JSON.stringify(loaded));
  return loaded.config;
}

function archivesOf(config: Config, bus: string, event: object): readonly string[] {
  const fitting = config.rulesByBus.get(bus)?.match(Buffer.from(JSON.stringify(event))) ?? [];
  return (fitting as readonly Rule[]).flatMap(({ targets }) => targets.map(({ to }) => to.name));
}

describe("Archives in YAML", () => {
  it("are read, and each manages a rule of its bus", async () => {
    const config = await configOf(`
eventBuses: { orders: { retention: { days: 3 } }, stock: { retention: {} } }
archives:
  paid:
    description: What was paid
    bus: orders
    eventPattern: { detail-type: [Paid] }
    retentionDays: 30
    retentionBytes: 1073741824
`);
    assert.deepEqual(
      [...config.archives.values()],
      [
        { name: "orders", bus: "orders", retention: { days: 3 } },
        { name: "stock", bus: "stock", retention: {} },
        {
          name: "paid",
          description: "What was paid",
          bus: "orders",
          patternJson: '{"detail-type":["Paid"]}',
          retention: { days: 30, bytes: 1_073_741_824 },
        },
      ],
    );
    const rule = config.rules.get("orders/Events-Archive-paid");
    assert.equal(rule?.managedBy, "prod.vhs.events.aws.internal");
    assert.equal(rule.patternJson, '{"detail-type":["Paid"],"replay-name":[{"exists":false}]}');
    const streams = declarationsOf(config).map(({ name }) => name);
    assert.deepEqual(streams.toSorted(), [
      "busbar.archive.0d.0b.stock",
      "busbar.archive.30d.1073741824b.paid",
      "busbar.archive.3d.0b.orders",
    ]);
    assert.ok(config.places?.archives.get("orders")?.endsWith("a.yaml:2:15"));
  });

  it("take what fits their pattern, and no event of a replay", async () => {
    const config = await configOf(`
archives:
  all: { bus: default }
  paid: { bus: default, eventPattern: { detail-type: [Paid] } }
  replayed: { bus: default, eventPattern: { replay-name: [again] } }
  either: { bus: default, eventPattern: { $or: [{ replay-name: [again] }, { source: [stock] }] } }
  neither: { bus: default, eventPattern: { source: [stock], replay-name: [{ exists: false }] } }
`);
    const archived = (event: object) => archivesOf(config, "default", event).toSorted();
    assert.deepEqual(archived({ source: "shop", "detail-type": "Paid" }), ["all", "paid"]);
    assert.deepEqual(archived({ source: "stock", "detail-type": "Low" }), ["all", "either", "neither"]);
    assert.deepEqual(archived({ source: "stock", "detail-type": "Paid", "replay-name": "again" }), []);
  });

  it("are refused with what is wrong, and where", async () => {
    const wrong = await problemsOf({
      "a.yaml": `
eventBuses: { orders: { retention: { days: 0 } } }
archives:
  orders: { bus: orders }
  lost: { bus: nowhere }
  odd: { bus: default, eventPattern: { a: 1 }, retentionBytes: 5 }
  "${"x".repeat(49)}": { bus: default }
rules:
  Events-Archive-lost: { eventPattern: { source: [a] }, targets: {} }
  Events-Archive-odd: { eventPattern: { source: [a] }, targets: {} }
`,
    });
    const expected = [
      /event bus "orders": retention.days must be 1\.\.36500, got 0 \(a.yaml:2:/,
      /archive "orders": is a duplicate: the event bus of that name has a retention, at .*a.yaml:2:15/,
      /archive "lost": bus must name a configured event bus, got "nowhere"/,
      /archive "odd": eventPattern is not valid. Reason: "a" must be an object or an array/,
      /archive "odd": retentionBytes must be 1048576\.\.9007199254740991, got 5/,
      /its name must be 1 to 48 letters/,
      /rule "Events-Archive-odd": has the name of the rule of an archive, at .*a.yaml:6:3/,
    ];
    assert.equal(wrong.length, expected.length, wrong.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(wrong[at] ?? "", pattern);
  });
});

describe("The past of a rule in YAML", () => {
  const FILE = `
eventBuses: { orders: { retention: {} }, stock: {} }
archives: { paid: { bus: orders }, wrong: { bus: nowhere } }
rules:
`;
  const TARGETS = "eventPattern: { source: [a] }, targets: {}";

  it("is read from the named archive, or from that of the bus", async () => {
    const config = await configOf(`${FILE.replace(", wrong: { bus: nowhere }", "")}
  orders/all: { ${TARGETS}, startFrom: { timestamp: "2026-01-31T12:00:00Z" } }
  orders/paid: { ${TARGETS}, startFrom: { archive: paid } }
  orders/none: { ${TARGETS} }
`);
    assert.deepEqual(
      config.rulesWithPast.map(({ name, startFrom }) => [name, startFrom]),
      [
        ["all", { archive: "orders", sinceMs: Date.UTC(2026, 0, 31, 12) }],
        ["paid", { archive: "paid" }],
      ],
    );
  });

  it("is refused with what is wrong, and where", async () => {
    const wrong = await problemsOf({
      "a.yaml": `${FILE}
  stock/a: { ${TARGETS}, startFrom: { timestamp: "2026-01-31T12:00:00Z" } }
  stock/b: { ${TARGETS}, startFrom: { archive: paid } }
  stock/c: { ${TARGETS}, startFrom: { archive: payd } }
  stock/d: { ${TARGETS}, startFrom: {} }
  stock/e: { ${TARGETS}, startFrom: { timestamp: yesterday } }
  stock/f: { ${TARGETS}, startFrom: { archive: wrong } }
  g: { scheduleExpression: rate(1 minute), targets: {}, startFrom: { archive: paid } }
`,
    });
    const expected = [
      /archive "wrong": bus must name/,
      /rule "stock\/a": startFrom.*event bus "stock" has no retention.*a.yaml:6:/,
      /rule "stock\/b": startFrom.*archive "paid" keeps events of event bus "orders", not of "stock"/,
      /rule "stock\/c": startFrom.*there is no archive "payd", did you mean "paid"\?/,
      /rule "stock\/d": startFrom must have an archive, a timestamp or both/,
      /rule "stock\/e": startFrom.timestamp must be a time such as/,
      /rule "g": startFrom is for rules with an eventPattern/,
    ];
    assert.equal(wrong.length, expected.length, wrong.join("\n"));
    for (const [at, pattern] of expected.entries()) assert.match(wrong[at] ?? "", pattern);
  });

  it("is given to 100 rules at most", async () => {
    const rules = Array.from(
      { length: 101 },
      (_, n) => `  orders/r${n}: { ${TARGETS}, startFrom: { archive: paid } }\n`,
    );
    const wrong = await problemsOf({ "a.yaml": `${FILE.replace(", wrong: { bus: nowhere }", "")}${rules.join("")}` });
    assert.deepEqual(wrong.length, 1, wrong.join("\n"));
    assert.match(wrong[0] ?? "", /rule "orders\/r100": startFrom.*at most 100 rules may have it, got 101/);
  });
});
