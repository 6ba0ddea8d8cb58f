import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  FUNCTION_NAME,
  namedFunction,
  qualifiedArn,
} from "../../../../../src/edge/aws/services/lambda/function-name.ts";

const identity = { region: "us-east-1", accountId: "000000000000" };
const ARN = "arn:aws:lambda:us-east-1:000000000000:function:work";

describe("The name of a function over the Lambda API", () => {
  it("is a name, a part of an ARN or an ARN, with a version or an alias", () => {
    const forms = [
      "work",
      "function:work",
      "000000000000:work",
      "000000000000:function:work",
      "us-east-1:000000000000:function:work",
      ARN,
    ];
    for (const form of forms) {
      assert.equal(qualifiedArn(identity, namedFunction(identity, form)), ARN, form);
      for (const qualifier of ["live", "7", "$LATEST"]) {
        const named = namedFunction(identity, `${form}:${qualifier}`);
        assert.equal(qualifiedArn(identity, named), `${ARN}:${qualifier}`, form);
      }
    }
  });

  it("of another account or region names none here", () => {
    for (const form of [ARN.replace("000000000000", "111122223333"), "111122223333:work", "eu-west-1:work"]) {
      assert.throws(() => namedFunction(identity, form), /^AwsError: Function does not exist$/, form);
    }
  });

  it("is refused with the model's pattern", () => {
    const [problem] = FUNCTION_NAME.problemsOf("a b") ?? [];
    assert.match(
      JSON.stringify(problem),
      /\(\[a-zA-Z0-9-_\\\\\.\]\+\)\(:\(\\\\\$LATEST\(\\\\\.PUBLISHED\)\?\|\[a-zA-Z0-9-_\]\+\)\)\?/,
    );
  });
});
