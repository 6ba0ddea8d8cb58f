import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { inflateRawSync } from "node:zlib";
import fc from "fast-check";
import type { FileConfig } from "../../../src/config/made/in-force/made-in-force.ts";
import { MadeMerge } from "../../../src/config/made/in-force/merge-made.ts";
import type { Config } from "../../../src/domain/config.ts";
import { differInRulesOnly } from "../../../src/domain/config.ts";
import type { PatternRule, Rule } from "../../../src/domain/rule/rule.ts";
import { deadLetterQueuesOf } from "../../../src/domain/rule/rule.ts";
import { isWorthRenewing } from "../../../src/pattern/layered-index.ts";
import type { RuleIndex } from "../../../src/pattern/rule-index.ts";
import type { Entity } from "../../../src/ports/store/entities.ts";
import { eventually } from "../../contract/waiting.ts";
import { propertyRuns } from "../../support/property-runs.ts";
import { IDENTITY } from "../../support/sample.ts";
import { load } from "../../support/config-folder.ts";

const FILES = `
queues: { orders: {}, failed: {} }
rules:
  first: { eventPattern: { source: [shop] }, targets: { q: { queue: orders } } }
`;
const ORDERS = "arn:aws:sqs:us-east-1:000000000000:orders";

async function filesOf(yaml: string): Promise<FileConfig> {
  const loaded = await load({ "busbar.yaml": yaml });
  assert.ok(loaded.ok);
  return loaded;
}

function entity(kind: string, name: string, value: unknown, revision = 1): Entity {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return { kind, name, value: text, revision, createdAtMs: 5_000, changedAtMs: 7_000 };
}

function rule(name: string, changes: object = {}, revision = 1): Entity {
  const targets = [{ Id: "t", Arn: ORDERS, DeadLetterConfig: { Arn: `${ORDERS}-failed` } }];
  return entity(
    "rule",
    name,
    { eventPattern: '{ "source": ["shop"] }', state: "ENABLED", targets, ...changes },
    revision,
  );
}

/** Merges what a store has, one state of it after the other: a merge is given what has changed since the one before. */
function merging(onRenewed: () => void = () => undefined) {
  const merge = new MadeMerge(IDENTITY, (sealed) => sealed, onRenewed);
  let before = new Map<string, Entity>();
  return async (files: FileConfig, entities: readonly Entity[]): Promise<Config> => {
    const now = new Map(entities.map((one) => [`${one.kind} ${one.name}`, one]));
    const gone = [...before].filter(([id]) => !now.has(id)).map(([, one]) => ({ ...keyOf(one), entity: undefined }));
    const changed = [...now]
      .filter(([id, { value }]) => before.get(id)?.value !== value)
      .map(([, one]) => ({ ...keyOf(one), entity: one }));
    before = now;
    return merge.merge(files, [...gone, ...changed]);
  };
}

const keyOf = ({ kind, name }: Entity) => ({ kind, name });

function matching({ rulesByBus }: Config, event: string, bus = "default"): readonly string[] {
  const rules = rulesByBus.get(bus)?.match(Buffer.from(event)) ?? [];
  assert.ok(typeof rules !== "string");
  return rules.map(({ name }) => name).sort();
}

describe("Files and what was made over the API, merged", () => {
  let merge: ReturnType<typeof merging>;
  beforeEach(() => {
    merge = merging();
  });

  it("A rule of the API stands beside those of files, in the same index, as it was given", async () => {
    const files = await filesOf(FILES);
    const config = await merge(files, [rule("default/second", { roleArn: "r" })]);
    assert.equal(config.made?.leftOut.size, 0);
    assert.deepEqual([...config.rules.keys()], ["default/first", "default/second"]);
    const fitting = config.rulesByBus.get("default")?.match(Buffer.from('{"source":"shop"}'));
    assert.deepEqual(
      (fitting as readonly Rule[]).map(({ name }) => name),
      ["first", "second"],
    );
    assert.equal(config.rules.get("default/second")?.patternJson, '{ "source": ["shop"] }');
    assert.equal(config.made.rules.get("default/second")?.roleArn, "r");
    assert.notEqual(config.document.digest, files.config.document.digest);
  });

  it("The digest is that of a file that says the same", async () => {
    const made = rule("default/second", { targets: [{ Id: "t", Arn: ORDERS }] });
    const config = await merge(await filesOf(FILES), [made]);
    const second = "  second: { eventPattern: { source: [shop] }, targets: { t: { queue: orders } } }\n";
    assert.equal(config.document.digest, (await filesOf(FILES + second)).config.document.digest);
  });

  it("A rule's rate counts from its creation, and what is due stays the same while only its targets change", async () => {
    const files = await filesOf(FILES);
    const timed = { eventPattern: undefined, scheduleExpression: "rate(5 minutes)" };
    const config = await merge(files, [rule("default/timed", timed)]);
    const schedule = config.schedules.get("rule:timed");
    assert.equal(schedule?.timing.startMs, 5_000 + 300_000);
    assert.deepEqual(schedule.target, { to: { kind: "event-bus", name: "default" }, rule: "default/timed" });
    assert.equal(config.rules.get("default/timed")?.pattern, undefined);
    assert.deepEqual(config.rulesByBus.get("default")?.match(Buffer.from('{"source":"other"}')), []);

    const other = await merge(files, [rule("default/timed", { ...timed, targets: [] }, 2)]);
    assert.equal(other.schedules, config.schedules);
    const changed = await merge(files, [rule("default/timed", { ...timed, state: "DISABLED" }, 3)]);
    assert.equal(changed.schedules.get("rule:timed")?.state, "DISABLED");
    const gone = await merge(files, []);
    assert.equal(gone.schedules.size, 0);
  });

  it("A disabled rule is listed and not in the index", async () => {
    const disabled = rule("default/second", { state: "DISABLED" });
    const config = await merge(await filesOf("queues: { orders: {} }"), [disabled]);
    assert.equal(config.rules.get("default/second")?.state, "DISABLED");
    assert.equal(config.rulesByBus.get("default"), undefined);
  });

  it("What a target names and is not there is marked, and its dead-letter queue is ours", async () => {
    const Arn = "arn:aws:lambda:us-east-1:000000000000:function:later";
    const made = rule("default/second", { targets: [{ Id: "t", Arn, DeadLetterConfig: { Arn: `${ORDERS}-failed` } }] });
    const target = async (yaml: string) => {
      const config = await merge(await filesOf(yaml), [made]);
      return config.rules.get("default/second")?.targets[0];
    };
    const event = { id: "t", to: { kind: "function", name: "later" }, input: { kind: "event" } };
    assert.deepEqual(await target(FILES), { ...event, isGone: true });
    const there = `${FILES}functions: { later: { http: { url: "http://127.0.0.1:9/" } } }\n`.replace(
      "failed",
      "orders-failed",
    );
    assert.deepEqual(await target(there), { ...event, deadLetterQueue: "orders-failed" });
  });

  it("A file comes first, and what is not in force is named with the reason", async () => {
    const files = await filesOf(`${FILES}eventBuses: { audit: {} }\n`);
    const entities = [
      rule("default/first", { eventPattern: '{"source":["api"]}' }),
      rule("none/orphan"),
      entity("rule", "default/broken", "{"),
      rule("default/wrong", { eventPattern: '{"source":"no list"}' }),
      entity("event-bus", "audit", { description: "of the API" }),
      entity("event-bus", "shop", { description: "of the API" }),
    ];
    const config = await merge(files, entities);
    assert.equal(config.rules.get("default/first")?.patternJson, '{"source":["shop"]}');
    assert.equal(config.made?.rules.size, 0);
    assert.deepEqual(config.eventBuses.get("audit"), { name: "audit" });
    assert.deepEqual(config.eventBuses.get("shop"), { name: "shop", description: "of the API", creationTimeMs: 5_000 });
    const reasons = [...config.made.leftOut].map(([what, why]) => `${what}: ${why.replace(/\(.*\)/, "(place)")}`);
    assert.deepEqual(reasons, [
      "event bus audit: a file has one of that name (place)",
      "rule default/broken: it cannot be read",
      "rule default/first: a file has one of that name (place)",
      "rule default/wrong: it cannot be read",
      'rule none/orphan: there is no event bus "none"',
    ]);
  });

  it("A bus that comes and goes brings rules with it, and marks targets that name it", async () => {
    const files = await filesOf(FILES);
    const toShop = [{ Id: "b", Arn: "arn:aws:events:us-east-1:000000000000:event-bus/shop" }];
    const rules = [rule("shop/on-it"), rule("default/to-it", { targets: toShop })];
    const isGone = (config: Config) => config.rules.get("default/to-it")?.targets[0]?.isGone;
    const without = await merge(files, rules);
    assert.deepEqual([without.rules.has("shop/on-it"), isGone(without)], [false, true]);
    const withBus = await merge(files, [...rules, entity("event-bus", "shop", {})]);
    assert.deepEqual([withBus.rules.has("shop/on-it"), isGone(withBus)], [true, undefined]);
    assert.deepEqual(matching(withBus, '{"source":"shop"}', "shop"), ["on-it"]);
    const again = await merge(files, rules);
    assert.deepEqual([again.rules.has("shop/on-it"), isGone(again)], [false, true]);
    assert.deepEqual([...(again.made?.leftOut ?? [])], [["rule shop/on-it", 'there is no event bus "shop"']]);
    assert.equal(again.document.digest, without.document.digest);
  });

  it("Only what has changed is made anew: rules and the indexes of other buses stay the same", async () => {
    const files = await filesOf(FILES);
    const bus = entity("event-bus", "shop", {});
    const before = await merge(files, [bus, rule("default/second"), rule("shop/third")]);
    const after = await merge(files, [bus, rule("default/second"), rule("shop/third", { state: "DISABLED" })]);
    assert.equal(after.rules.get("default/second"), before.rules.get("default/second"));
    assert.equal(after.rulesByBus.get("default"), before.rulesByBus.get("default"));
    assert.equal(after.rulesByBus.has("shop"), false);
    assert.ok(differInRulesOnly(before, after));
    assert.ok(!differInRulesOnly(files.config, after));
    const without = await merge(files, [bus]);
    assert.equal(without.rulesByBus.get("default"), files.config.rulesByBus.get("default"));
  });

  it("A configuration stays what it was when the next one is made", async () => {
    const files = await filesOf(FILES);
    const first = await merge(files, [rule("default/second"), entity("event-bus", "shop", {})]);
    const said = async (config: Config) => [
      [...config.rules.keys()],
      [...config.eventBuses.keys()],
      matching(config, '{"source":"shop"}'),
      await documentIn(config),
    ];
    const before = await said(first);
    await merge(files, [rule("default/third")]);
    assert.deepEqual(await said(first), before);
  });

  it("What failed halfway is merged from the beginning by the next merge", async () => {
    const files = await filesOf(FILES);
    let isFailing = false;
    const has = (name: string): boolean => {
      if (isFailing && name === "failing") throw new Error("no memory");
      return files.config.queues.has(name);
    };
    const queues = Object.assign(new Map(files.config.queues), { has });
    const shaky = { ...files, config: { ...files.config, queues } };
    const merge = new MadeMerge(
      IDENTITY,
      (sealed) => sealed,
      () => undefined,
    );
    await merge.merge(shaky, []);
    const failing = [{ Id: "t", Arn: ORDERS, DeadLetterConfig: { Arn: ORDERS.replace("orders", "failing") } }];
    const changed = [rule("default/second"), rule("default/third", { targets: failing })].map((one) => ({
      ...keyOf(one),
      entity: one,
    }));
    isFailing = true;
    await assert.rejects(merge.merge(shaky, changed), /no memory/);
    isFailing = false;
    assert.deepEqual(matching(await merge.merge(shaky, changed), '{"source":"shop"}'), ["first", "second", "third"]);
    const gone = [{ kind: "rule", name: "default/third", entity: undefined }];
    assert.deepEqual(matching(await merge.merge(shaky, gone), '{"source":"shop"}'), ["first", "second"]);
  });
});

describe("An index of very many rules", () => {
  const others = Array.from({ length: 300 }, (_, n) => rule(`default/n${n}`, { eventPattern: `{"source":["n${n}"]}` }));

  it("is made anew beside the one in force, which takes changes meanwhile; then it takes its place with them", async () => {
    const files = await filesOf(FILES);
    let renewals = 0;
    const merge = merging(() => (renewals += 1));
    const isLayered = ({ rulesByBus }: Config) => isWorthRenewing(rulesByBus.get("default") as RuleIndex<PatternRule>);
    assert.ok(!isLayered(await merge(files, others)), "the first index is one of all rules");
    const changed = others.map((one, at) =>
      at < 200 ? rule(one.name, { eventPattern: '{"source":["changed"]}' }) : one,
    );
    const during = await merge(files, changed);
    assert.ok(isLayered(during));
    const meanwhile = await merge(files, [...changed.slice(1), rule("default/late")]);
    assert.equal(matching(meanwhile, '{"source":"changed"}').length, 199);
    await eventually("the renewal is made", () => renewals === 1);
    const after = await merge(files, [...changed.slice(1), rule("default/late")]);
    assert.ok(!isLayered(after));
    for (const event of ["changed", "shop", "n0", "n250"].map((source) => JSON.stringify({ source })))
      assert.deepEqual(matching(after, event), matching(meanwhile, event));
  });
});

/** What a store has at one moment: few names, so that they meet those of files and each other. */
const buses = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("shop", "audit", "default"),
    description: fc.constantFrom("one", "two", undefined),
  }),
  { selector: ({ name }) => name, maxLength: 3 },
);
const TARGETS = [
  ORDERS,
  `${ORDERS}-gone`,
  "arn:aws:events:us-east-1:000000000000:event-bus/shop",
  "arn:aws:states:us-east-1:000000000000:stateMachine:s",
];
const rules = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom("default/first", "default/a", "default/b", "shop/a", "audit/c", "none/d"),
    eventPattern: fc.constantFrom('{"source":["shop"]}', '{"source":["x"]}', "{"),
    state: fc.constantFrom("ENABLED", "DISABLED"),
    arn: fc.constantFrom(...TARGETS),
    letters: fc.constantFrom("failed", "orders", undefined),
    isTimed: fc.boolean(),
  }),
  { selector: ({ name }) => name, maxLength: 6 },
);
const state = fc.tuple(buses, rules, fc.constantFrom("same", "same", "other files"));

describe("A configuration that is changed step by step", () => {
  it("is what one is that is made of everything at once", async () => {
    const files = await filesOf(`${FILES}eventBuses: { audit: {} }\n`);
    const otherFiles = await filesOf("queues: { orders: {} }\neventBuses: { none: {} }\n");
    await fc.assert(
      fc.asyncProperty(fc.array(state, { minLength: 1, maxLength: 8 }), async (states) => {
        const merge = merging();
        for (const [madeBuses, madeRules, which] of states) {
          const now = which === "same" ? files : otherFiles;
          const entities = [
            ...madeBuses.map(({ name, description }) => entity("event-bus", name, { description })),
            ...madeRules.map(({ name, arn, letters, isTimed, ...rest }) => {
              // Only the default bus has rules with a schedule.
              const timed = isTimed && name.startsWith("default/") ? { scheduleExpression: "rate(5 minutes)" } : {};
              const DeadLetterConfig = letters && { Arn: ORDERS.replace("orders", letters) };
              return rule(name, { ...rest, ...timed, targets: [{ Id: "t", Arn: arn, DeadLetterConfig }] });
            }),
          ];
          assert.deepEqual(
            await contentsOf(await merge(now, entities)),
            await contentsOf(await merging()(now, entities)),
          );
        }
      }),
      propertyRuns(200),
    );
  });

  it("An API destination is called by its connection, and a rule's target is there once it is", async () => {
    const merge = merging();
    const files = await filesOf(FILES);
    const arn = "arn:aws:events:us-east-1:000000000000";
    const target = { Id: "t", Arn: `${arn}:api-destination/crm/d1` };
    const toCrm = rule("default/crm", { targets: [target] });
    const isGone = (config: Config) => config.rules.get("default/crm")?.targets[0]?.isGone;
    const destination = entity("api-destination", "crm", {
      id: "d1",
      connectionArn: `${arn}:connection/basic/c1`,
      endpoint: "crm.example.com/*",
      method: "POST",
    });
    const connection = (id: string, state = "AUTHORIZED") =>
      entity(
        "connection",
        "basic",
        {
          id,
          secretSuffix: "abc",
          authorizationType: "BASIC",
          state,
          authParameters: { BasicAuthParameters: { Username: "${user}" } },
        },
        id === "c1" ? 1 : 2,
      );
    const secret = entity("secret", "connection/c1", {
      BasicAuthParameters: { Username: "${user}", Password: "p" },
    });
    assert.equal(isGone(await merge(files, [toCrm])), true);

    const whole = await merge(files, [toCrm, destination, connection("c1"), secret]);
    assert.equal(isGone(whole), undefined);
    const { url, auth } = whole.apiDestinations.get("crm") ?? {};
    assert.deepEqual([url, auth], ["https://crm.example.com/*", { kind: "basic", username: "${user}", password: "p" }]);
    const shown = JSON.parse(inflateRawSync(await whole.document.deflated()).toString()) as {
      apiDestinations: { crm: { connection: unknown } };
    };
    assert.deepEqual(shown.apiDestinations.crm.connection, {
      basic: { username: "$${user}", password: "${env:CRM_BASIC_PASSWORD}" },
    });
    const anew = await merge(files, [toCrm, destination, connection("c2"), secret]);
    assert.deepEqual(anew.apiDestinations.get("crm")?.auth, {
      kind: "unusable",
      reason: "connection basic does not exist",
    });
    assert.equal(isGone(await merge(files, [toCrm, secret])), true);
  });

  it("An API destination of the API gives way to a file's of its name, and comes back", async () => {
    const merge = merging();
    const made = entity("api-destination", "crm", {
      id: "d",
      connectionArn: "x",
      endpoint: "https://api",
      method: "POST",
    });
    const withFile = await filesOf(`${FILES}apiDestinations: { crm: { url: "https://file" } }\n`);
    const beside = await merge(withFile, [made]);
    assert.equal(beside.apiDestinations.get("crm")?.url, "https://file");
    assert.equal(beside.made?.leftOut.get("API destination crm"), "a file has one of that name");
    const alone = await merge(await filesOf(FILES), [made]);
    assert.equal(alone.apiDestinations.get("crm")?.url, "https://api");
    assert.equal(alone.made?.leftOut.size, 0);
  });
});

/** All that a configuration says of what was made over the API, but for the order of rules. */
async function contentsOf(config: Config) {
  const byKey = <Value>(map: ReadonlyMap<string, Value>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const document = await documentIn(config);
  assert.equal(config.document.bytes, document.length);
  const queues = [...new Set([...config.rules.values()].flatMap(deadLetterQueuesOf))].sort();
  assert.deepEqual([...config.ruleDeadLetterQueues].sort(), queues);
  return {
    buses: byKey(config.eventBuses),
    rules: byKey(config.rules),
    schedules: byKey(config.schedules),
    queues,
    made: [config.made?.buses, config.made?.rules, config.made?.leftOut].map((map) => byKey(map ?? new Map())),
    matching: ["shop", "x"].flatMap((source) =>
      [...config.eventBuses.keys()].sort().map((bus) => matching(config, JSON.stringify({ source }), bus)),
    ),
    digest: config.document.digest,
    document: document.toString(),
  };
}

async function documentIn({ document }: Config): Promise<Buffer> {
  return inflateRawSync(await document.deflated());
}
