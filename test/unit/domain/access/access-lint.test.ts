import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Statement } from "../../../../src/domain/access/access.ts";
import { accessWarnings } from "../../../../src/domain/access/access-lint.ts";
import { sampleConfig, IDENTITY } from "../../../support/sample.ts";

function warningsOf(...statements: readonly Partial<Statement>[]): readonly string[] {
  const whole = { effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] } as const;
  const principal = { id: "access-key/checkout", statements: statements.map((one) => ({ ...whole, ...one })) };
  const credentials = {
    accessKeys: new Map([["AKID", { secret: "", principal }]]),
    bearerTokens: new Map([["digest", principal]]),
    issuers: new Map(),
  };
  return accessWarnings(credentials, sampleConfig({ buses: ["orders"], queues: ["failed"] }), IDENTITY);
}

describe("policy warnings", () => {
  it("A policy whose resource fits nothing configured gets one warning for a principal with two keys", () => {
    const resources = ["arn:aws:events:eu-west-1:*:event-bus/orders", "arn:aws:sqs:*:*:faild"];
    assert.deepEqual(
      warningsOf({ resources }),
      resources.map((one) => `"access-key/checkout": resource ${one} fits nothing that is configured`),
    );
  });

  it("A policy whose resource fits something configured gets no warning", () => {
    for (const resource of [
      "*",
      "arn:aws:events:*:*:event-bus/ord*",
      "arn:aws:sqs:us-east-1:000000000000:failed",
      "arn:aws:sqs:*:*:busbar.dead-letter",
    ]) {
      assert.deepEqual(warningsOf({ resources: [resource] }), []);
    }
  });

  it("A policy whose condition uses a key that its actions do not have gets a warning", () => {
    const conditions = [{ operator: "StringEquals", key: "events:source", values: ["a"] }] as const;
    assert.deepEqual(warningsOf({ actions: ["events:PutEvents"], conditions }, { conditions }), []);
    const negated = [{ ...conditions[0], operator: "StringNotEquals" }] as const;
    assert.deepEqual(warningsOf({ actions: ["busbar:*"], conditions: negated }), []);
    assert.deepEqual(warningsOf({ actions: ["busbar:*"], conditions }), [
      '"access-key/checkout": busbar:*: only events:PutEvents has events:source, so the condition never holds',
    ]);
  });
});
