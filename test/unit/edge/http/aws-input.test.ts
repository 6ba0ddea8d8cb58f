import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AwsError } from "../../../../src/edge/aws/errors.ts";
import {
  checkInput,
  ignored,
  integer,
  list,
  required,
  string,
  structure,
  timestamp,
} from "../../../../src/edge/aws/input/shapes.ts";
import type { JsonObject } from "../../../../src/json/json.ts";

const TARGET = structure("Target", {
  Id: required(string({ pattern: "[a-z]+", lengthMax: 3 })),
  RoleArn: string({ lengthMin: 1 }),
  When: timestamp,
  Secret: ignored,
});
const INPUT = structure("PutRequest", {
  Name: required(string({ pattern: "[\\.\\-_A-Za-z0-9]+", lengthMin: 1, lengthMax: 5 })),
  Targets: list(TARGET, { lengthMin: 1, lengthMax: 2 }),
  Limit: integer({ min: 1, max: 100 }),
});

function errorOf(input: JsonObject): { code: string; status: number; message: string } {
  try {
    checkInput(INPUT, input);
  } catch (error) {
    assert.ok(error instanceof AwsError);
    const { code, status, message } = error;
    return { code, status, message };
  }
  return assert.fail("the input is accepted");
}

const invalid = (message: string) => ({ code: "ValidationException", status: 400, message });
const unreadable = (message: string) => ({ code: "SerializationException", status: 400, message });

describe("An AWS input", () => {
  it("An AWS input that keeps to its shape is returned as it is, members of no name here included", () => {
    const input = { Name: "a", Targets: [{ Id: "abc", When: 1.5, Other: {} }], Limit: null, Other: [1] };
    assert.equal(checkInput(INPUT, input), input);
  });

  it("An AWS input with one violated constraint is refused in AWS's words", () => {
    const at = "1 validation error detected: Value";
    const cases: readonly (readonly [JsonObject, string])[] = [
      [
        { Name: "a b" },
        "'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
      ],
      [
        { Name: "abcdef" },
        "'abcdef' at 'name' failed to satisfy constraint: Member must have length less than or equal to 5",
      ],
      [{}, "null at 'name' failed to satisfy constraint: Member must not be null"],
      [{ Name: null }, "null at 'name' failed to satisfy constraint: Member must not be null"],
      [
        { Name: "a", Targets: [] },
        "'[]' at 'targets' failed to satisfy constraint: Member must have length greater than or equal to 1",
      ],
      [
        { Name: "a", Limit: 0 },
        "'0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
      ],
      [
        { Name: "a", Limit: 101 },
        "'101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
      ],
      [
        { Name: "a", Targets: [{ Id: "a" }, {}] },
        "null at 'targets.2.member.id' failed to satisfy constraint: Member must not be null",
      ],
    ];
    for (const [input, rest] of cases) assert.deepEqual(errorOf(input), invalid(`${at} ${rest}`));
  });

  it("An AWS input with several violated constraints is refused for all, in the model's order, a pattern before a length", () => {
    const { message } = errorOf({ Limit: 0, Targets: [{ Id: "a", RoleArn: "" }], Name: "+ + + +" });
    const items = [
      "Value '+ + + +' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
      "Value '+ + + +' at 'name' failed to satisfy constraint: Member must have length less than or equal to 5",
      "Value '' at 'targets.1.member.roleArn' failed to satisfy constraint: Member must have length greater than or equal to 1",
      "Value '0' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
    ];
    assert.equal(message, `4 validation errors detected: ${items.join("; ")}`);
  });

  it("An AWS input with a wrong JSON type is unreadable, whatever constraints it violates", () => {
    const cases: readonly (readonly [JsonObject, string])[] = [
      [{ Limit: 0, Name: 5 }, "Name must be a string."],
      [{ Name: "a b", Targets: {} }, "Targets must be a list."],
      [{ Targets: [{}, null] }, "Targets[1] must be an object."],
      [{ Targets: [{ When: "yesterday" }] }, "Targets[0].When must be epoch seconds or an ISO 8601 date and time."],
      [{ Limit: 1.5 }, "Limit must be an integer."],
      [{ Limit: "1" }, "Limit must be an integer."],
    ];
    for (const [input, message] of cases) assert.deepEqual(errorOf(input), unreadable(message));
  });

  it("An AWS error prints structures as AWS prints its Java objects, and cuts what is long", () => {
    const target = { Id: "abc", When: 0, Secret: "s3cret" };
    const one = "Target(id=abc, roleArn=null, when=1970-01-01T00:00:00.000Z, secret=null)";
    const { message } = errorOf({ Name: "a", Targets: [target, target, target] });
    assert.ok(message.includes(`Value '[${one}, ${one}, ${one}]' at 'targets'`), message);
    const many = errorOf({
      Name: "x".repeat(10_000),
      Targets: Array<JsonObject>(10_000).fill({ Id: "x".repeat(2_000) }),
    });
    assert.match(many.message, /^10002 validation errors detected: /);
    assert.ok(many.message.length < 100_000 && many.message.endsWith("; …"), String(many.message.length));
  });
});
