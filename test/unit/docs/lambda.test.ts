import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LAMBDA_OPERATIONS } from "../../../src/edge/aws/services/lambda/lambda.ts";
import { operationsOfModel } from "../../support/docs/aws-model.ts";
import { codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";

const ofModel = await operationsOfModel("lambda");

describe("docs/lambda.md", () => {
  const rows = rowsOf(sectionOf("lambda.md", "## Operations"));
  const isAbsent = ([, what = ""]: readonly string[]): boolean => what.startsWith("not there");
  const namesIn = (some: typeof rows) => some.flatMap(([names = ""]) => codeIn(names));

  it("docs/lambda.md lists every operation that is answered, each once", () => {
    const listed = namesIn(rows.filter((row) => !isAbsent(row)));
    assert.deepEqual(listed.toSorted(), LAMBDA_OPERATIONS.toSorted());
  });

  it(
    "docs/lambda.md lists every operation of AWS's model",
    { skip: ofModel === undefined && "botocore is not installed" },
    () => {
      const listed = namesIn(rows);
      assert.deepEqual(
        (ofModel ?? []).filter((name) => !listed.includes(name)),
        [],
      );
      assert.equal(new Set(listed).size, listed.length, "each stands once");
    },
  );
});
