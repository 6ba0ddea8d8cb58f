import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  awsCommands,
  newRule,
  NO_TARGET,
  problemOfRule,
  requestsOf,
  textOfRule,
  type KeptRule,
  type RuleText,
} from "../../../console/src/logic/rules/rule-text.ts";

const KEPT: KeptRule = {
  rule: {
    Name: "orders",
    EventBusName: "shop",
    EventPattern: '{"source":["a b"]}',
    State: "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
    RoleArn: "arn:aws:iam::1:role/r",
  },
  targets: [
    { Id: "1", Arn: "arn:one", RetryPolicy: { MaximumRetryAttempts: 1 } },
    { Id: "2", Arn: "arn:two" },
  ],
};
const indented = (json: string) => JSON.stringify(JSON.parse(json), undefined, 2);
const TEXT = textOfRule(KEPT, indented);
const whole = (part: Partial<RuleText>): RuleText => ({ ...newRule("default"), name: "r", pattern: "{}", ...part });

describe("A rule's form", () => {
  it("A rule's form that was not touched asks for nothing, however its pattern is laid out", () => {
    assert.deepEqual(requestsOf(KEPT, TEXT), { putRule: undefined, putTargets: undefined, removedIds: undefined });
    const spaced = { ...TEXT, pattern: TEXT.pattern.replace("a b", "a  b") };
    assert.equal(requestsOf(KEPT, spaced).putRule?.EventPattern, spaced.pattern, "spaces in a text count");
  });

  it("A rule's form keeps the members that it does not show", () => {
    const { putRule } = requestsOf(KEPT, { ...TEXT, description: " why " });
    assert.deepEqual(putRule, { ...KEPT.rule, Description: "why", EventPattern: TEXT.pattern });
    const disabled = requestsOf(KEPT, { ...TEXT, isEnabled: false }).putRule;
    assert.equal(disabled?.State, "DISABLED");
    const was = { ...KEPT, rule: { ...KEPT.rule, State: "DISABLED" } };
    assert.equal(requestsOf(was, { ...textOfRule(was, indented), isEnabled: true }).putRule?.State, "ENABLED");
  });

  it("A rule's form puts the targets that differ, and removes those that went", () => {
    const [first, second] = TEXT.targets;
    assert.ok(first && second);
    const targets = [{ ...first, others: "{}" }, { ...NO_TARGET, id: "3", arn: "arn:three" }, NO_TARGET];
    const { putRule, putTargets, removedIds } = requestsOf(KEPT, { ...TEXT, targets });
    assert.equal(putRule, undefined);
    assert.deepEqual(putTargets, [
      { Id: "1", Arn: "arn:one" },
      { Id: "3", Arn: "arn:three" },
    ]);
    assert.deepEqual(removedIds, ["2"]);
  });

  it("A rule's form says what is missing before anybody is asked", () => {
    assert.equal(problemOfRule(whole({})), undefined);
    for (const [part, problem] of [
      [{ name: " " }, "The name is missing."],
      [{ bus: "" }, "The bus is missing."],
      [{ pattern: "" }, "It needs a pattern or a schedule."],
      [{ targets: [{ ...NO_TARGET, arn: "arn:x" }] }, "A target has no id."],
      [{ targets: [{ ...NO_TARGET, id: "x" }] }, "Target x has no ARN."],
      [{ targets: [1, 2].map(() => ({ ...NO_TARGET, id: "x", arn: "arn:x" })) }, "Two targets have the id x."],
      [{ targets: [{ id: "x", arn: "arn:x", others: "[]" }] }, "The other members of target x are no JSON object."],
    ] as const) {
      assert.equal(problemOfRule(whole(part)), problem);
    }
    assert.equal(problemOfRule(whole({ pattern: "", schedule: "rate(5 minutes)" })), undefined);
  });

  it("A rule's form is written as commands that a shell takes as they are", () => {
    const text = whole({ description: "it's", targets: [{ ...NO_TARGET, id: "q", arn: "arn:q" }] });
    const [rule, targets, ...more] = awsCommands(requestsOf(undefined, text), text).split("\n");
    assert.deepEqual(more, []);
    assert.match(rule ?? "", /^aws events put-rule --endpoint-url "\$BUSBAR_URL" --cli-input-json '.*it'\\''s.*'$/);
    assert.match(targets ?? "", /^aws events put-targets .*"Targets":\[\{"Id":"q","Arn":"arn:q"\}\]\}'$/);
  });
});
