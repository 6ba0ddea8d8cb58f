import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Json, JsonObject } from "../../../src/json/json.ts";
import { parseExactly } from "../../../src/json/exact-json.ts";
import { compileConditions } from "../../../src/edge/conditions/compile.ts";

const event = parseExactly(`{
  "version": "0",
  "id": "7bf73129",
  "detail-type": "OrderPlaced",
  "source": "shop.checkout",
  "account": "000000000000",
  "time": "2026-01-02T03:04:05Z",
  "region": "us-east-1",
  "resources": ["arn:one", "arn:two"],
  "detail": {
    "total": 300,
    "text": "300",
    "limit": 200,
    "paid": true,
    "nothing": null,
    "object": { "a": 1 },
    "account": 1234567890123456789,
    "price": 1.50,
    "accounts": [1234567890123456788, 2.0],
    "tags": ["gift", 7, null],
    "items": [{ "sku": "A" }, { "sku": "B" }]
  }
}`) as JsonObject;

async function isMet(conditions: unknown, using: JsonObject = event): Promise<boolean> {
  const compiled = compileConditions(conditions);
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.problems));
  return compiled.conditions.areMet(using);
}

function problemsOf(conditions: unknown) {
  const compiled = compileConditions(conditions);
  return compiled.ok ? [] : compiled.problems;
}

/** One comparison with a path in the detail. */
const compare = (path: string, operator: string, value: unknown) => ({
  all: [{ fact: "detail", path, operator, value }],
});

describe("operators", () => {
  const cases: [path: string, operator: string, value: unknown, met: boolean][] = [
    ["$.total", "equal", 300, true],
    ["$.total", "equal", 301, false],
    ["$.total", "equal", "300", false],
    ["$.text", "equal", "300", true],
    ["$.text", "equal", 300, false],
    ["$.paid", "equal", true, true],
    ["$.paid", "equal", "true", false],
    ["$.paid", "equal", 1, false],
    ["$.nothing", "equal", null, true],
    ["$.nothing", "equal", false, false],
    ["$.missing", "equal", null, false],
    ["$.object", "equal", "[object Object]", false],

    ["$.account", "equal", parseExactly("1234567890123456789"), true],
    ["$.account", "equal", parseExactly("1234567890123456789.0"), true],
    ["$.account", "equal", parseExactly("1234567890123456788"), false],
    ["$.account", "notEqual", parseExactly("1234567890123456788"), true],
    ["$.account", "greaterThan", parseExactly("1234567890123456788"), true],
    ["$.account", "lessThanInclusive", parseExactly("1234567890123456788"), false],
    ["$.account", "in", [parseExactly("1234567890123456788")], false],
    ["$.account", "in", [parseExactly("1234567890123456789")], true],
    ["$.accounts", "contains", parseExactly("1234567890123456789"), false],
    ["$.accounts", "contains", 2, true],
    ["$.price", "equal", 1.5, true],
    ["$.price", "lessThan", 2, true],

    ["$.total", "notEqual", 301, true],
    ["$.total", "notEqual", 300, false],
    ["$.total", "notEqual", "300", true],
    ["$.nothing", "notEqual", 1, true],
    ["$.missing", "notEqual", 1, false],
    ["$.object", "notEqual", 1, false],
    ["$.tags", "notEqual", 1, false],

    ["$.total", "lessThan", 301, true],
    ["$.total", "lessThan", 300, false],
    ["$.text", "lessThan", 301, false],
    ["$.nothing", "lessThan", 301, false],
    ["$.missing", "lessThan", 301, false],
    ["$.total", "lessThanInclusive", 300, true],
    ["$.total", "lessThanInclusive", 299, false],
    ["$.text", "lessThanInclusive", 300, false],
    ["$.total", "greaterThan", 299, true],
    ["$.total", "greaterThan", 300, false],
    ["$.text", "greaterThan", 299, false],
    ["$.paid", "greaterThan", 0, false],
    ["$.missing", "greaterThan", -1, false],
    ["$.total", "greaterThanInclusive", 300, true],
    ["$.total", "greaterThanInclusive", 301, false],
    ["$.text", "greaterThanInclusive", 300, false],

    ["$.total", "in", [1, 300], true],
    ["$.total", "in", ["300"], false],
    ["$.nothing", "in", [null], true],
    ["$.missing", "in", [null], false],
    ["$.total", "notIn", [1, 2], true],
    ["$.total", "notIn", ["300"], true],
    ["$.total", "notIn", [300], false],
    ["$.missing", "notIn", [1], false],
    ["$.object", "notIn", [1], false],

    ["$.tags", "contains", "gift", true],
    ["$.tags", "contains", 7, true],
    ["$.tags", "contains", "7", false],
    ["$.text", "contains", "3", false],
    ["$.missing", "contains", "gift", false],
    ["$.items[*].sku", "contains", "B", true],
    ["$.items[*].sku", "contains", "C", false],
    ["$.tags", "doesNotContain", "7", true],
    ["$.tags", "doesNotContain", "gift", false],
    ["$.text", "doesNotContain", "9", false],
    ["$.missing", "doesNotContain", "gift", false],

    ["$.total", "greaterThan", { fact: "detail", path: "$.limit" }, true],
    ["$.limit", "greaterThan", { fact: "detail", path: "$.total" }, false],
    ["$.total", "greaterThan", { fact: "detail", path: "$.text" }, false],
    ["$.total", "greaterThan", { fact: "detail", path: "$.missing" }, false],
    ["$.total", "notEqual", { fact: "detail", path: "$.missing" }, false],
    ["$.missing", "equal", { fact: "detail", path: "$.missing" }, false],
    ["$.total", "notIn", { fact: "detail", path: "$.missing" }, false],
    ["$.total", "in", { fact: "detail", path: "$.total" }, false],
    ["$.tags[0]", "in", { fact: "detail", path: "$.tags" }, true],
  ];
  for (const [path, operator, value, met] of cases) {
    it(`The condition ${path} ${operator} ${JSON.stringify(value)} is ${met}`, async () =>
      assert.equal(await isMet(compare(path, operator, value)), met));
  }
});

describe("facts", () => {
  it("A fact is a top-level field of the event, with or without a path", async () => {
    assert.ok(await isMet({ all: [{ fact: "source", operator: "equal", value: "shop.checkout" }] }));
    assert.ok(await isMet({ all: [{ fact: "detail-type", path: "$", operator: "in", value: ["OrderPlaced"] }] }));
    assert.ok(await isMet({ all: [{ fact: "resources", path: "$[1]", operator: "equal", value: "arn:two" }] }));
  });

  it("A fact that is text has nothing under a path", async () => {
    assert.equal(
      await isMet({ all: [{ fact: "source", path: "$.x", operator: "equal", value: "shop.checkout" }] }),
      false,
    );
  });

  it("A fact that the event does not have satisfies no condition", async () => {
    const conditions = { all: [{ fact: "cloudevent", path: "$.type", operator: "notEqual", value: "x" }] };
    assert.equal(await isMet(conditions), false);
    assert.equal(await isMet(conditions, { ...event, cloudevent: { type: "y" } }), true);
  });

  it("A fact's path finds own properties only", async () => {
    for (const path of ["$.__proto__", "$.constructor", "$.toString", "$.total.constructor", "$.tags.length"]) {
      for (const operator of ["notEqual", "equal"]) assert.equal(await isMet(compare(path, operator, 1)), false, path);
    }
  });

  it("A fact may have keys that look like the engine's", async () => {
    const odd = JSON.parse('{"detail":{"__proto__":{"fact":"source"},"value":{"fact":"detail"}}}') as JsonObject;
    assert.ok(await isMet(compare("$.__proto__.fact", "equal", "source"), odd));
    assert.equal(await isMet(compare("$.value", "equal", { fact: "detail", path: "$.value" }), odd), false);
    assert.equal(({} as Record<string, unknown>)["fact"], undefined);
  });
});

describe("groups of conditions", () => {
  const yes = { fact: "detail", path: "$.total", operator: "equal", value: 300 };
  const no = { fact: "detail", path: "$.total", operator: "equal", value: 0 };
  const cases: [conditions: Json, met: boolean][] = [
    [{ all: [yes, yes] }, true],
    [{ all: [yes, no] }, false],
    [{ any: [no, yes] }, true],
    [{ any: [no, no] }, false],
    [{ not: no }, true],
    [{ not: yes }, false],
    [{ not: { all: [yes, no] } }, true],
    [{ all: [yes, { any: [no, { not: no }] }] }, true],
    [{ any: [no, { all: [yes, { not: yes }] }] }, false],
  ];
  for (const [conditions, met] of cases) {
    const shape = JSON.stringify(conditions)
      .replaceAll(JSON.stringify(yes), "yes")
      .replaceAll(JSON.stringify(no), "no");
    it(`The group ${shape} is ${met}`, async () => assert.equal(await isMet(conditions), met));
  }

  it("Groups of conditions may be nested 16 deep and hold 1,000 conditions", async () => {
    let nested: Json = yes;
    for (let depth = 1; depth < 16; depth += 1) nested = { all: [nested] };
    assert.ok(await isMet(nested));
    assert.ok(await isMet({ all: Array.from({ length: 999 }, () => yes) }));
  });
});

describe("unmet conditions", () => {
  async function unmetBy(conditions: object) {
    const compiled = compileConditions(conditions);
    assert.ok(compiled.ok);
    return compiled.conditions.unmet(event);
  }

  it("Conditions that are met have no unmet comparison", async () => {
    assert.deepEqual(await unmetBy(compare("$.total", "equal", 300)), []);
  });

  it("Each unmet comparison is listed with its place and the event's value", async () => {
    const path = (name: string) => ({ fact: "detail", path: `$.${name}` });
    const conditions = {
      all: [
        { ...path("total"), operator: "equal", value: 300 },
        { ...path("total"), operator: "lessThan", value: path("limit") },
        {
          any: [
            { ...path("coupon"), operator: "equal", value: "A" },
            { ...path("paid"), operator: "equal", value: 1 },
          ],
        },
        { not: { ...path("text"), operator: "in", value: ["300", "301"] } },
        { not: { all: [{ ...path("tags"), operator: "contains", value: "gift" }] } },
      ],
    };
    assert.deepEqual(await unmetBy(conditions), [
      {
        place: "all[1]",
        comparison: "detail $.total lessThan detail $.limit",
        isNegated: false,
        found: "300",
        foundOther: "200",
      },
      { place: "all[2].any[0]", comparison: 'detail $.coupon equal "A"', isNegated: false },
      { place: "all[2].any[1]", comparison: "detail $.paid equal 1", isNegated: false, found: "true" },
      { place: "all[3].not", comparison: 'detail $.text in ["300","301"]', isNegated: true, found: '"300"' },
      {
        place: "all[4].not.all[0]",
        comparison: 'detail $.tags contains "gift"',
        isNegated: true,
        found: '["gift",7,null]',
      },
    ]);
  });
});

describe("compiled conditions", () => {
  it("Compiled conditions keep apart many events that are evaluated at once", async () => {
    const compiled = compileConditions(compare("$.total", "greaterThan", 500));
    assert.ok(compiled.ok);
    const totals = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 1000);
    // The calls start at different depths of the microtask queue, so that some runs end while others begin.
    const answers = await Promise.all(
      totals.map(async (total, index) => {
        for (let turns = index % 50; turns > 0; turns -= 1) await Promise.resolve();
        return compiled.conditions.areMet({ detail: { total } });
      }),
    );
    assert.deepEqual(
      answers,
      totals.map((total) => total > 500),
    );
  });

  it("Compiled conditions reject an event that cannot be read, and then evaluate others", async () => {
    const compiled = compileConditions(compare("$.total", "equal", 300));
    assert.ok(compiled.ok);
    const broken = {
      get detail(): Json {
        throw new Error("unreadable");
      },
    };
    await assert.rejects(compiled.conditions.areMet(broken), /unreadable/);
    assert.equal(await compiled.conditions.areMet(event), true);
  });
});

describe("compiling conditions", () => {
  const good = { fact: "detail", path: "$.total", operator: "equal", value: 1 };
  const operators =
    "must be one of equal, notEqual, lessThan, lessThanInclusive, greaterThan, greaterThanInclusive, in, notIn, contains, doesNotContain";
  const facts = "must be one of version, id, detail-type, source, account, time, region, resources, detail, cloudevent";
  const shape = "must be an object: all, any or not, or a comparison";
  const list = "must be a list of conditions, not empty";

  const cases: [what: string, conditions: unknown, path: (string | number)[], message: string][] = [
    ["no conditions", undefined, [], shape],
    ["null", null, [], shape],
    ["a list", [good], [], shape],
    ["text among the conditions", { all: [good, "x"] }, ["all", 1], shape],
    ["a comparison at the root", good, [], "must be one of all, any and not"],
    ["an empty all", { all: [] }, ["all"], list],
    ["an empty any", { all: [{ any: [] }] }, ["all", 0, "any"], list],
    ["all that is no list", { all: good }, ["all"], list],
    ["not with a list", { not: [good] }, ["not"], shape],
    ["two groups in one", { all: [good], any: [good] }, ["any"], "is not known here: expected all"],
    [
      "a misspelt key",
      { all: [{ ...good, pth: "$" }] },
      ["all", 0, "pth"],
      "is not known here: expected fact, path, operator, value",
    ],
    [
      "the engine's params",
      { all: [{ ...good, params: {} }] },
      ["all", 0, "params"],
      "is not known here: expected fact, path, operator, value",
    ],
    [
      "a reference to shared conditions",
      { condition: "x", all: [good] },
      ["condition"],
      "is not known here: expected all",
    ],
    ["an unknown operator", { all: [{ ...good, operator: "equals" }] }, ["all", 0, "operator"], operators],
    ["a decorated operator", { all: [{ ...good, operator: "not:equal" }] }, ["all", 0, "operator"], operators],
    ["an inherited operator", { all: [{ ...good, operator: "constructor" }] }, ["all", 0, "operator"], operators],
    ["no operator", { all: [{ fact: "detail", value: 1 }] }, ["all", 0, "operator"], operators],
    ["an unknown fact", { all: [{ ...good, fact: "details" }] }, ["all", 0, "fact"], facts],
    ["a prototype as fact", { all: [{ ...good, fact: "__proto__" }] }, ["all", 0, "fact"], facts],
    [
      "a path that cannot be read",
      { all: [{ ...good, path: "$..a" }] },
      ["all", 0, "path"],
      'cannot be read from "..a" on',
    ],
    ["a path that is no text", { all: [{ ...good, path: 1 }] }, ["all", 0, "path"], "must be a JSON path"],
    [
      "no value",
      { all: [{ fact: "detail", operator: "equal" }] },
      ["all", 0, "value"],
      "must be a string, a number, true, false or null, or a fact and its path",
    ],
    [
      "a list for equal",
      compare("$.a", "equal", [1]),
      ["all", 0, "value"],
      "must be a string, a number, true, false or null, or a fact and its path",
    ],
    [
      "text for greaterThan",
      compare("$.a", "greaterThan", "1"),
      ["all", 0, "value"],
      "must be a number, or a fact and its path",
    ],
    [
      "infinity for lessThan",
      compare("$.a", "lessThan", Infinity),
      ["all", 0, "value"],
      "must be a number, or a fact and its path",
    ],
    ["text for in", compare("$.a", "in", "abc"), ["all", 0, "value"], "must be a list, or a fact and its path"],
    ["an unknown fact as value", compare("$.a", "equal", { fact: "x" }), ["all", 0, "value", "fact"], facts],
    [
      "an object as value",
      compare("$.a", "equal", { fact: "id", x: 1 }),
      ["all", 0, "value", "x"],
      "is not known here: expected fact, path",
    ],
    [
      "a prototype as key",
      { all: [JSON.parse('{"fact":"id","operator":"equal","value":1,"__proto__":1}')] },
      ["all", 0, "__proto__"],
      "is not known here: expected fact, path, operator, value",
    ],
    [
      "more than 1,000 conditions",
      { all: Array.from({ length: 1000 }, () => good) },
      [],
      "there are more than 1000 conditions",
    ],
  ];
  for (const [what, conditions, path, message] of cases) {
    it(`The conditions' compiler refuses ${what}`, () => assert.deepEqual(problemsOf(conditions), [{ path, message }]));
  }

  it("The conditions' compiler refuses conditions nested 17 deep", () => {
    let nested: Json = good;
    for (let depth = 1; depth < 17; depth += 1) nested = { not: nested };
    assert.deepEqual(problemsOf(nested), [{ path: Array(16).fill("not"), message: "is nested more than 16 deep" }]);
  });

  it("The conditions' compiler finds all problems at once", () => {
    const problems = problemsOf({ all: [{ fact: "x", operator: "y", value: 1, z: 1 }, { not: { any: [] } }] });
    const places = problems.map(({ path }) => path.join("."));
    assert.deepEqual(places, ["all.0.z", "all.0.fact", "all.0.operator", "all.1.not.any"]);
  });
});
