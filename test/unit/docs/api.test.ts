import { NO_ARCHIVES } from "../../support/no-archives.ts";
import assert from "node:assert/strict";
import { NOT_KEPT } from "../../../src/flow/made/made-config.ts";
import { describe, it } from "node:test";
import type { z } from "zod";
import { eventExplanationAnswer } from "../../../src/admin-api/events/explain.ts";
import { pauseAnswer, pausedAnswer, resumedAnswer } from "../../../src/admin-api/destinations/paused.ts";
import { livenessAnswer, readinessAnswer } from "../../../src/admin-api/probes.ts";
import { renderAnswer } from "../../../src/admin-api/events/render.ts";
import {
  queueListAnswer,
  queueReceiveAnswer,
  sendAnswer,
  queuePurgeAnswer,
} from "../../../src/admin-api/queues/queues.ts";
import type { EntryResult, PutEntries } from "../../../src/ports/put.ts";
import { createSealing } from "../../../src/edge/sealing/sealing.ts";
import { MADE_CHECKS } from "../../../src/config/made/entry/made-checks.ts";
import { COMMON_ERROR_STATUS } from "../../../src/edge/aws/errors.ts";
import { EVENTS_ERROR_STATUS } from "../../../src/edge/aws/services/events/errors.ts";
import { eventsService } from "../../../src/edge/aws/services/events/events.ts";
import { PROBLEM_STATUSES } from "../../../src/edge/http/errors.ts";
import { HAPPENING_KINDS } from "../../../src/admin-api/history/happenings.ts";
import type { AdminOperation } from "../../../src/admin-api/operations/operation.ts";
import { API_PATH } from "../../../src/admin-api/operations/operation.ts";
import { PROBES } from "../../../src/admin-api/operations/probes.ts";
import { OPERATIONS } from "../../../src/admin-api/operations/table.ts";
import { blocksOf, codeIn, rowsOf, sectionOf } from "../../support/docs/documentation.ts";
import { testLimits } from "../../support/limits.ts";
import { NO_JOBS } from "../../support/no-jobs.ts";
import { NO_TRACES } from "../../support/observe/no-traces.ts";
import { IDENTITY, sampleConfig } from "../../support/sample.ts";

const PAGE = "api.md";
const nothingPut: PutEntries = () => Promise.reject(new Error("nothing is put here"));

/** The schema of each answer of the admin API that the page shows, by the request. */
const ADMIN_ANSWERS: readonly (readonly [request: RegExp, answer: z.ZodType])[] = [
  [/9090\/livez$/, livenessAnswer],
  [/9090\/readyz$/, readinessAnswer],
  [/9090\/api\/v1\/queues$/, queueListAnswer],
  [/\/queues\/[^/]+\/receive/, queueReceiveAnswer],
  [/\/queues\/[^/]+\/messages/, sendAnswer],
  [/\/queues\/[^/]+\/purge/, queuePurgeAnswer],
  [/\/explain/, eventExplanationAnswer],
  [/\/render/, renderAnswer],
  [/-X PUT .*\/paused\//, pauseAnswer],
  [/9090\/api\/v1\/paused$/, pausedAnswer],
  [/-X DELETE .*\/paused\//, resumedAnswer],
];

/** An operation as the pages write it: `POST /queues/QUEUE/peek`. */
function written({ method, path }: AdminOperation, under: string): string {
  return `${method} ${under}${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => name.toUpperCase())}`;
}

/** The requests in a table's first column. */
function requestsIn(section: string): readonly string[] {
  return rowsOf(section).flatMap(([request = ""]) => codeIn(request));
}

describe("docs/api.md", () => {
  it("docs/api.md lists exactly the operations of the admin port, docs/console.md exactly the console's own", () => {
    const all: readonly AdminOperation[] = Object.values(OPERATIONS);
    const ofRouter = all
      .filter(({ servedBy }) => servedBy === "router" || servedBy === "each")
      .map((one) => written(one, API_PATH));
    const probes = Object.values(PROBES).map((one) => written(one, ""));
    const [adminPort = ""] = sectionOf(PAGE, "## The admin port").split("\n### ");
    assert.deepEqual([...requestsIn(adminPort)].sort(), [...ofRouter, ...probes].sort());

    const ofConsole = all.filter(({ servedBy }) => servedBy !== "router").map((one) => written(one, ""));
    const listed = requestsIn(sectionOf("console.md", "## Its API")).filter((text) => /^[A-Z]+ \//.test(text));
    const each = listed.flatMap((text) =>
      text.includes("KIND") ? HAPPENING_KINDS.map((kind) => text.replace("KIND", kind)) : [text],
    );
    assert.deepEqual([...each].sort(), [...ofConsole].sort());
  });

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
      changes: NOT_KEPT,
      checks: MADE_CHECKS,
      jobs: NO_JOBS,
      archives: NO_ARCHIVES,
      sealing: createSealing([]),
      authorizeConnection: () => undefined,
      identity: IDENTITY,
      traces: NO_TRACES,
    });
    const listed = rowsOf(sectionOf(PAGE, "## Operations")).flatMap(([names = ""]) => codeIn(names));
    assert.deepEqual(listed.sort(), [...operations.keys()].sort());
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
