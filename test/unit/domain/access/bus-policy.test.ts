import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Principal } from "../../../../src/domain/access/access.ts";
import { decide as decideBy, decideAccess, statementName } from "../../../../src/domain/access/access.ts";
import type { BusPolicy } from "../../../../src/domain/access/bus-policy.ts";
import { besidePolicy, mayPutByPolicy, principalContext } from "../../../../src/domain/access/bus-policy.ts";
import { policyDocument } from "../../../../src/domain/access/policy-document.ts";
import { compilePolicy, policyInForce } from "../../../../src/config/made/entry/made-policy.ts";
import { busEntry } from "../../../../src/config/made/entry/made-entry.ts";
import { IDENTITY } from "../../../support/sample.ts";

const BUS = "arn:aws:events:us-east-1:000000000000:event-bus/orders";
const PUT = "events:PutEvents";

function statement(changes: object = {}): object {
  return { Sid: "s", Effect: "Allow", Principal: "*", Action: PUT, Resource: BUS, ...changes };
}

function document(...statements: readonly object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

function policyOf(...statements: readonly object[]): BusPolicy {
  const compiled = compilePolicy(document(...statements));
  if (!compiled.ok) throw new Error(compiled.reason);
  return compiled.policy;
}

const CHECKOUT: Principal = { id: "access-key/checkout", statements: [] };
const PARTNER: Principal = { id: "bearer-token/partner", statements: [], account: "111122223333" };

function decide(who: Principal, policy: BusPolicy, source = "shop"): string {
  const context = { "events:source": source, "events:detail-type": "d", ...principalContext(IDENTITY, who) };
  return decideAccess(besidePolicy(IDENTITY, who, "event bus orders", policy), { action: PUT, resource: BUS, context });
}

describe("the policy of an event bus", () => {
  for (const [principal, checkout, partner] of [
    ["*", "allowed", "allowed"],
    [{ AWS: "*" }, "allowed", "allowed"],
    [{ AWS: "111122223333" }, "not-allowed", "allowed"],
    [{ AWS: "arn:aws:iam::111122223333:root" }, "not-allowed", "allowed"],
    [{ AWS: ["000000000000", "arn:aws:iam::999999999999:root"] }, "allowed", "not-allowed"],
    [{ AWS: "arn:aws:iam::000000000000:user/access-key/checkout" }, "allowed", "not-allowed"],
    [{ AWS: "arn:aws:iam::000000000000:user/bearer-token/partner" }, "not-allowed", "not-allowed"],
    [{ Service: "events.amazonaws.com" }, "not-allowed", "not-allowed"],
  ] as const) {
    it(`A bus policy about the principal ${JSON.stringify(principal)} is about those and no others`, () => {
      const policy = policyOf(statement({ Principal: principal }));
      assert.deepEqual([decide(CHECKOUT, policy), decide(PARTNER, policy)], [checkout, partner]);
      assert.equal(mayPutByPolicy(IDENTITY, CHECKOUT, policy), checkout === "allowed");
    });
  }

  it("A deny of a bus policy comes before what its own policies allow somebody, and is known by its name and bus", () => {
    const everything: Principal = {
      id: "access-key/all",
      statements: [{ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }],
    };
    const policy = policyOf(statement({ Sid: "keep-out", Effect: "Deny" }));
    assert.equal(decide(everything, policy), "denied");
    const putter = besidePolicy(IDENTITY, everything, "event bus orders", policy);
    const { by } = decideBy(putter, { action: PUT, resource: BUS });
    assert.equal(by && statementName(putter, by), "keep-out of the policy of event bus orders");
  });

  it("A statement about another action, or another bus, allows no put", () => {
    assert.equal(decide(CHECKOUT, policyOf(statement({ Action: "events:DescribeRule" }))), "not-allowed");
    assert.equal(decide(CHECKOUT, policyOf(statement({ Resource: `${BUS}-2` }))), "not-allowed");
    assert.equal(decide(CHECKOUT, policyOf(statement({ Action: ["events:PutRule", "events:*"] }))), "allowed");
  });

  it("A condition of a bus policy is about the entry, or about who puts it", () => {
    const bySource = policyOf(statement({ Condition: { StringEquals: { "events:source": ["shop"] } } }));
    assert.deepEqual([decide(CHECKOUT, bySource), decide(CHECKOUT, bySource, "bank")], ["allowed", "not-allowed"]);
    const byArn = policyOf(statement({ Condition: { StringLike: { "aws:PrincipalArn": "*:user/access-key/*" } } }));
    assert.deepEqual([decide(CHECKOUT, byArn), decide(PARTNER, byArn)], ["allowed", "not-allowed"]);
    const byOrganization = policyOf(statement({ Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }));
    assert.equal(decide(CHECKOUT, byOrganization), "not-allowed");
  });

  for (const [what, text, reason] of [
    ["no JSON", "{", "This policy contains invalid Json"],
    ["another version", '{"Version":"2020-01-01","Statement":[]}', /Version must be one of/],
    ["no statement", '{"Version":"2012-10-17"}', /statement 1 is no JSON object/],
    [
      "NotPrincipal",
      document(statement({ NotPrincipal: "*" })),
      /statement 1 has NotPrincipal, which is not supported/,
    ],
    ["no resource", document(statement({ Resource: undefined })), /statement 1 has no Resource/],
    ["an unknown principal", document(statement({ Principal: { AWS: "bob" } })), /principal/],
    [
      "an unknown condition",
      document(statement({ Condition: { Bool: { "aws:SecureTransport": "true" } } })),
      /condition/,
    ],
    ["an action of another service", document(statement({ Action: "s3:GetObject" })), /must be an action/],
  ] as const) {
    it(`A policy document with ${what} is refused with the reason`, () => {
      const compiled = compilePolicy(text);
      assert.ok(!compiled.ok);
      assert.match(compiled.reason, new RegExp(reason));
    });
  }

  it("A stored policy that cannot be read lets nobody put", () => {
    const all: Principal = {
      id: "access-key/all",
      statements: [{ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] }],
    };
    assert.equal(decide(all, policyInForce('{"Version":"3000"}')), "denied");
  });

  it("A policy keeps its meaning as a configuration file's entry, and as a document again", () => {
    const text = document(
      statement({ Principal: { AWS: "arn:aws:iam::111122223333:root" } }),
      statement({ Sid: "t", Effect: "Deny", Condition: { StringNotEquals: { "events:source": ["a", "b"] } } }),
    );
    const { raw } = busEntry("orders", { members: {}, tags: [], policy: text });
    assert.deepEqual(raw, {
      policy: {
        statements: [
          { sid: "s", effect: "Allow", principal: ["arn:aws:iam::111122223333:root"], action: PUT, resource: BUS },
          {
            sid: "t",
            effect: "Deny",
            principal: "*",
            action: PUT,
            resource: BUS,
            condition: { StringNotEquals: { "events:source": ["a", "b"] } },
          },
        ],
      },
    });
    assert.equal(policyDocument(policyInForce(text), BUS), text);
  });
});
