import assert from "node:assert/strict";
import { describe, it } from "node:test";
import request from "supertest";
import type { FunctionLinesAnswer } from "../../../src/admin-api/destinations/function-lines.ts";
import type { KeptLine, LinesQuery } from "../../../src/ports/functions/function-logs.ts";
import { NO_LINES } from "../../support/functions/no-lines.ts";
import { adminAppOf, runningWith } from "../../support/http/admin-app.ts";
import { authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { sampleConfig, sampleFunction } from "../../support/sample.ts";

const unused = (): never => assert.fail("nothing of the broker is asked");
const BROKER = { depth: unused, browse: unused, peek: unused, purge: unused, state: "connected" } as const;

function kept(text: string, requestId: string | undefined): KeptLine {
  const place = { position: 7, index: 0 };
  return { functionName: "talk", logStream: "s", atMs: 12, source: "stdout", text, requestId, place };
}

const LINES = [kept("starts", undefined), kept("an order", "r-1"), kept("an error", "r-1"), kept("an error", "r-2")];

/** Asks for lines of a function, as a caller that may do so for `talk`. */
async function ask(path: string, { isOn = true, action = "busbar:ReadLogs" } = {}) {
  const resources = ["arn:aws:lambda:us-east-1:000000000000:function:*"];
  const credentials = credentialsOf({ effect: "Allow", actions: [action], resources, conditions: [] });
  const { authenticator, audit } = authenticatorOf(credentials);
  const asked: LinesQuery[] = [];
  const functionLines = {
    ...NO_LINES,
    isOn,
    read: (query: LinesQuery) => {
      asked.push(query);
      const next = { position: 8, index: 0 };
      return Promise.resolve({ lines: LINES.filter(query.fits), next, isAtEnd: query.from !== undefined });
    },
  };
  const app = adminAppOf({
    authenticator,
    config: () =>
      sampleConfig({
        functions: [sampleFunction("talk", { run: { kind: "process", command: ["node"] } }), sampleFunction("far")],
      }),
    router: () => ({ ...runningWith(BROKER), functionLines }),
  });
  const response = await request(app).get(`/api/v1/functions/${path}`).set("authorization", `Bearer ${TOKEN}`);
  return { response, audit, asked, answer: response.body as FunctionLinesAnswer };
}

describe("The lines of a function over the admin API", () => {
  it("are those of a call, of a time and of a pattern, and a page says where the next one begins", async () => {
    const all = await ask("talk/lines");
    assert.deepEqual([all.answer.lines.length, all.answer.next, all.answer.atEnd], [4, "8.0", false]);
    assert.deepEqual(all.answer.lines.slice(0, 2), [
      { atMs: 12, source: "stdout", text: "starts", logStream: "s" },
      { atMs: 12, source: "stdout", text: "an order", requestId: "r-1", logStream: "s" },
    ]);
    const some = await ask("talk/lines?request=r-1&filter=error&fromMs=5&toMs=20&limit=3&after=8.0");
    assert.deepEqual(
      some.answer.lines.map(({ text, requestId }) => [text, requestId]),
      [["an error", "r-1"]],
    );
    assert.equal(some.answer.atEnd, true);
    const { fits: _, ...query } = some.asked[0] ?? assert.fail("nothing was read");
    const from = { position: 8, index: 0 };
    assert.deepEqual(query, { functionName: "talk", from, sinceMs: 5, untilMs: 20, limit: 3 });
  });

  it("are refused where there are none, and where the question is wrong", async () => {
    const refusals = [
      await ask("talkk/lines"),
      await ask("far/lines"),
      await ask("talk/lines", { isOn: false }),
      await ask("talk/lines?filter=%25a%25"),
      await ask("talk/lines?after=x"),
      await ask("talk/lines?limit=10001"),
    ];
    assert.deepEqual(
      refusals.map(({ response }) => response.status),
      [404, 409, 409, 400, 400, 400],
    );
    assert.ok(refusals.every(({ asked }) => asked.length === 0));
  });

  it("are for those who may read them, and each reading is audited", async () => {
    const refused = await ask("talk/lines", { action: "busbar:TestFunction" });
    assert.deepEqual([refused.response.status, refused.asked.length], [403, 0]);
    const { audit } = await ask("talk/lines");
    assert.deepEqual(
      audit.map(({ action, outcome }) => [action, outcome]),
      [["busbar:ReadLogs", "allowed"]],
    );
  });
});
