import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EntryResult, Ingest } from "../../src/ports/put.ts";
import { DISABLED_OPERATIONS } from "../../src/edge/aws/services/events/disabled-operations.ts";
import { awsOperations } from "../../src/edge/aws/services/events/operations.ts";
import { AWS_ERROR_STATUS, PROBLEM_STATUSES } from "../../src/edge/http/errors.ts";
import { codeIn, rowsOf, sectionOf } from "../support/documentation.ts";
import { testLimits } from "../support/limits.ts";
import { IDENTITY, sampleConfig } from "../support/sample.ts";

const PAGE = "api.md";
const noIngest: Ingest = () => Promise.reject(new Error("nothing is put here"));

describe("docs/api.md", () => {
  it("docs/api.md lists exactly the operations that are answered", () => {
    const reading = { config: () => sampleConfig({}), identity: IDENTITY };
    const operations = awsOperations(noIngest, testLimits().limits.entries, reading, () => Promise.resolve(undefined));
    const listed = rowsOf(sectionOf(PAGE, "## Operations")).map(([name = ""]) => codeIn(name)[0]);
    assert.deepEqual(listed.sort(), [...operations.keys()].sort());
  });

  it("docs/api.md names operations that are disabled", () => {
    const [, sentence = ""] = /Those that would change it \(([^)]*)\)/.exec(sectionOf(PAGE, "## Operations")) ?? [];
    const names = codeIn(sentence);
    assert.equal(names.length, 3);
    for (const name of names) assert.ok(DISABLED_OPERATIONS.has(name), name);
  });

  it("docs/api.md lists exactly the error codes of the EventBridge API, with their statuses", () => {
    const listed = rowsOf(sectionOf(PAGE, "## Errors")).map(([code = "", status]) => [codeIn(code)[0], Number(status)]);
    assert.deepEqual(Object.fromEntries(listed), AWS_ERROR_STATUS);
    assert.equal(listed.length, Object.keys(AWS_ERROR_STATUS).length);
  });

  it("docs/api.md lists exactly the statuses of problem details", () => {
    const listed = rowsOf(sectionOf(PAGE, "### Refusals")).map(([status]) => Number(status));
    assert.deepEqual(listed, [...PROBLEM_STATUSES]);
  });

  it("docs/api.md lists exactly the outcomes of an entry", () => {
    // Complete by its type: with another code this would not compile.
    const codes: Record<Extract<EntryResult, { ok: false }>["code"], true> = {
      InvalidArgument: true,
      MalformedDetail: true,
      InternalFailure: true,
      AccessDeniedException: true,
      NotAuthorizedForSourceException: true,
    };
    const listed = rowsOf(sectionOf(PAGE, "## Putting events")).map(([result = ""]) => codeIn(result)[0]);
    assert.deepEqual(listed.slice(0, 6), ["EventId", ...Object.keys(codes)]);
  });
});
