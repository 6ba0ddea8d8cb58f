import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Condition, Principal, Statement } from "../../../../src/domain/access/access.ts";
import { ANYONE, decideAccess, isForConditionsOnly, mayEver } from "../../../../src/domain/access/access.ts";
import { isKnownAction } from "../../../../src/domain/access/actions.ts";
import { fitsArn } from "../../../../src/domain/arn.ts";
import { fitsGlob } from "../../../../src/text/glob.ts";
import { cpuTimer } from "../../../support/cpu-time.ts";

const BUS = "arn:aws:events:us-east-1:000000000000:event-bus/default";
const PUT = "events:PutEvents";

function principal(...statements: readonly Partial<Statement>[]): Principal {
  const whole = { effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] } as const;
  return { id: "somebody", statements: statements.map((one) => ({ ...whole, ...one })) };
}

function put(source: string, detailType = "OrderPlaced", resource = BUS) {
  return { action: PUT, resource, context: { "events:source": source, "events:detail-type": detailType } };
}

function source(operator: Condition["operator"], ...values: readonly string[]): Condition {
  return { operator, key: "events:source", values };
}

describe("policies", () => {
  it("A policy allows nothing that it does not name", () => {
    assert.equal(decideAccess(principal(), put("shop")), "not-allowed");
    assert.equal(decideAccess(principal({ actions: ["events:List*"] }), put("shop")), "not-allowed");
    assert.equal(decideAccess(principal({ resources: [`${BUS}x`] }), put("shop")), "not-allowed");
    assert.equal(decideAccess(ANYONE, put("shop")), "allowed");
  });

  it("A deny wins over every allow, in any order", () => {
    const deny: Partial<Statement> = { effect: "Deny", actions: ["events:Put*"] };
    assert.equal(decideAccess(principal({}, deny), put("shop")), "denied");
    assert.equal(decideAccess(principal(deny, {}), put("shop")), "denied");
    assert.equal(decideAccess(principal(deny, {}), { action: "events:ListRules", resource: BUS }), "allowed");
  });

  it("A policy takes actions in any case and resources in their own", () => {
    assert.equal(decideAccess(principal({ actions: ["EVENTS:putevents"] }), put("shop")), "allowed");
    assert.equal(decideAccess(principal({ resources: [BUS.toUpperCase()] }), put("shop")), "not-allowed");
  });

  for (const [operator, values, fitting, other] of [
    ["StringEquals", ["shop", "till"], "till", "Till"],
    ["StringNotEquals", ["shop"], "Shop", "shop"],
    ["StringEqualsIgnoreCase", ["Shop"], "sHOP", "shops"],
    ["StringLike", ["shop.*"], "shop.till", "shops"],
    ["StringNotLike", ["shop.*"], "till", "shop."],
  ] as const) {
    it(`A condition knows ${operator}`, () => {
      const who = principal({ conditions: [source(operator, ...values)] });
      assert.equal(decideAccess(who, put(fitting)), "allowed");
      assert.equal(decideAccess(who, put(other)), "not-allowed");
    });
  }

  it("A statement applies only when all its conditions hold", () => {
    const detailType: Condition = { operator: "StringEquals", key: "events:detail-type", values: ["Paid"] };
    const who = principal({ conditions: [source("StringEquals", "shop"), detailType] });
    assert.equal(decideAccess(who, put("shop", "Paid")), "allowed");
    assert.equal(decideAccess(who, put("shop", "Refused")), "not-allowed");
    assert.equal(decideAccess(who, put("till", "Paid")), "not-allowed");
  });

  it("A refusal names the source when the bus is allowed and the source is not", () => {
    const who = principal({ resources: [BUS], conditions: [source("StringEquals", "shop")] });
    assert.equal(isForConditionsOnly(who, put("till")), true);
    assert.equal(isForConditionsOnly(who, put("shop", "Paid", `${BUS}2`)), false);
    const denied = principal({}, { effect: "Deny" });
    assert.equal(isForConditionsOnly(denied, put("shop")), false);
  });

  it("A policy knows whether an action is ever allowed", () => {
    assert.equal(mayEver(principal({ actions: ["events:*"] }), PUT), true);
    assert.equal(mayEver(principal({ actions: ["busbar:*"] }), PUT), false);
    assert.equal(mayEver(principal({ effect: "Deny" }), PUT), false);
  });
});

describe("policy resources", () => {
  const fits: readonly (readonly [pattern: string, arn: string])[] = [
    ["*", "arn:aws:sqs:us-east-1:000000000000:orders"],
    ["arn:aws:events:*:*:event-bus/*", BUS],
    ["arn:aws:events:*:0000*:event-bus/ord??s", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
    ["arn:aws:lambda:*:*:*", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
    ["arn:aws:lambda:*:*:func*k", "arn:aws:lambda:us-east-1:000000000000:function:stock"],
    ["arn:aws:events", BUS],
    ["arn:aws:events:*", BUS],
    ["arn:*", BUS],
  ];
  for (const [pattern, arn] of fits) {
    it(`The resource ${pattern} fits ${arn}`, () => assert.ok(fitsArn(pattern, arn)));
  }

  const misses: readonly (readonly [pattern: string, arn: string])[] = [
    ["arn:aws:events:*:event-bus/orders", "arn:aws:events:us-east-1:000000000000:event-bus/orders"],
    ["arn:aws:*:orders", "arn:aws:sqs:us-east-1:000000000000:orders"],
    ["arn:aws:s*:*:*:orders", "arn:aws:events:us-east-1:000000000000:orders"],
    ["arn:aws:events:us-*1:*:rule/x", "arn:aws:events:us-east-1:000000000001:rule/x:y"],
    ["arn:aws:sqs:?????????????????????:*:a", "arn:aws:sqs:us-east-1:000000000000:a"],
    ["arn:aws:events:*:*:event-bus/*", "*"],
  ];
  for (const [pattern, arn] of misses) {
    it(`The resource ${pattern} does not fit ${arn}, since a wildcard ends at a colon`, () => {
      assert.ok(!fitsArn(pattern, arn));
      const who = principal({ resources: [pattern] });
      assert.equal(decideAccess(who, { action: PUT, resource: arn }), "not-allowed");
    });
  }
});

describe("policy actions", () => {
  it("An action is matched by its name and by patterns", () => {
    const actions = ["events:PutEvents", "busbar:PurgeQueue"];
    for (const action of actions) assert.ok(isKnownAction(action, actions), action);
    for (const pattern of ["*", "events:*", "busbar:Purge*", "EVENTS:PUTEVENTS"]) {
      assert.ok(isKnownAction(pattern, actions), pattern);
    }
    for (const pattern of ["s3:*", "events:PutEvent", "busbar:ListQueues", ""]) {
      assert.ok(!isKnownAction(pattern, actions), pattern);
    }
  });
});

describe("IAM patterns", () => {
  it("An IAM pattern matches what a regular expression of the same meaning matches", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        const meaning = Array.from(pattern, (c) =>
          c === "*" ? ".*" : c === "?" ? "." : `\\${c}`.replace(/\\([ab])/, "$1"),
        );
        assert.equal(fitsGlob(pattern, value), new RegExp(`^${meaning.join("")}$`, "s").test(value));
      }),
      { numRuns: 2_000 },
    );
  });

  it("An IAM pattern takes no longer for many stars", () => {
    const cpuMs = cpuTimer();
    assert.equal(fitsGlob("*a".repeat(500), "a".repeat(20_000) + "b"), false);
    assert.ok(cpuMs() < 1_000);
  });
});
