import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { z } from "zod";
import { eventExplanationAnswer } from "../../src/admin-api/explain.ts";
import { pauseAnswer, pausedAnswer, resumedAnswer } from "../../src/admin-api/paused.ts";
import { livenessAnswer, readinessAnswer } from "../../src/admin-api/probes.ts";
import { queueListAnswer, queueMessagesAnswer, queuePurgeAnswer } from "../../src/admin-api/queues.ts";
import type { EntryResult, PutEntries } from "../../src/ports/put.ts";
import { DISABLED_OPERATIONS } from "../../src/edge/aws/services/events/disabled-operations.ts";
import { COMMON_ERROR_STATUS } from "../../src/edge/aws/errors.ts";
import { EVENTS_ERROR_STATUS } from "../../src/edge/aws/services/events/errors.ts";
import { eventsService } from "../../src/edge/aws/services/events/events.ts";
import { PROBLEM_STATUSES } from "../../src/edge/http/errors.ts";
import { blocksOf, codeIn, rowsOf, sectionOf } from "../support/documentation.ts";
import { testLimits } from "../support/limits.ts";
import { IDENTITY, sampleConfig } from "../support/sample.ts";

const PAGE = "api.md";
const nothingPut: PutEntries = () => Promise.reject(new Error("nothing is put here"));

/** The schema of each answer of the admin API that the page shows, by the request. */
const ADMIN_ANSWERS: readonly (readonly [request: RegExp, answer: z.ZodType])[] = [
  [/9090\/livez$/, livenessAnswer],
  [/9090\/readyz$/, readinessAnswer],
  [/9090\/api\/v1\/queues$/, queueListAnswer],
  [/\/queues\/[^/]+\/receive/, queueMessagesAnswer],
  [/\/queues\/[^/]+\/purge/, queuePurgeAnswer],
  [/\/explain/, eventExplanationAnswer],
  [/-X PUT .*\/paused\//, pauseAnswer],
  [/9090\/api\/v1\/paused$/, pausedAnswer],
  [/-X DELETE .*\/paused\//, resumedAnswer],
];

describe("docs/api.md", () => {
  it("docs/api.md shows answers of the admin API that have exactly the fields of their schemas", () => {
    const sessions = blocksOf(PAGE).filter(({ info, text }) => info === "console" && text.includes("localhost:9090"));
    const shown = sessions.map(({ text }) => text.trimEnd().split("\n") as [string, string]);
    assert.equal(shown.length, ADMIN_ANSWERS.length);
    for (const [request, answer] of shown) {
      const [, schema] = ADMIN_ANSWERS.find(([pattern]) => pattern.test(request)) ?? assert.fail(request);
      assert.deepEqual(schema.parse(JSON.parse(answer)), JSON.parse(answer), request);
    }
  });

  it("docs/api.md lists exactly the operations that are answered", () => {
    const { entries } = testLimits().limits;
    const { operations } = eventsService({
      putEntries: nothingPut,
      entries,
      config: () => sampleConfig({}),
      identity: IDENTITY,
    });
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
    const statuses = { ...COMMON_ERROR_STATUS, ...EVENTS_ERROR_STATUS };
    assert.deepEqual(Object.fromEntries(listed), statuses);
    assert.equal(listed.length, Object.keys(statuses).length);
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
