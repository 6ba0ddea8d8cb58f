import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whyNot } from "../../../console/src/api/may.ts";
import { problemOf } from "../../../console/src/api/problem.ts";
import { invokeWords, readInvokeAnswer, wayOf } from "../../../console/src/logic/destinations/function-invoke.ts";
import type { Me } from "../../../src/admin-api/me.ts";
import { ANYONE, permissionsOf } from "../../../src/domain/access/access.ts";
import { PASSED_ON_ACTIONS } from "../../../src/domain/access/actions.ts";
import { IDENTITY } from "../../support/sample.ts";

const LATEST = { "x-amz-executed-version": "$LATEST", "x-amzn-requestid": "r-1" };

function answered(status: number, headers: Record<string, string>) {
  return readInvokeAnswer({ status, headers: new Headers(headers) }, "", 5);
}

describe("An answer of Invoke on the page", () => {
  it("has its log as text, where the function's log is known", () => {
    const { log } = answered(200, { ...LATEST, "x-amz-log-result": Buffer.from("ü, 日本\n").toString("base64") });
    assert.equal(log, "ü, 日本\n");
    assert.equal(answered(200, LATEST).log, undefined);
  });

  it("says whether the function answered, failed, or has yet to be called", () => {
    const words = [
      answered(200, LATEST),
      answered(200, { ...LATEST, "x-amz-function-error": "Unhandled" }),
      answered(202, LATEST),
    ].map((answer) => invokeWords(answer).word);
    assert.deepEqual(words, ["succeeded", "failed", "queued"]);
  });

  it("is a refusal with Lambda's name for it, whether its text is a message or a Message", () => {
    const headers = { "x-amzn-errortype": "ResourceNotFoundException" };
    for (const name of ["message", "Message"]) {
      assert.deepEqual(problemOf(new Response(null, { status: 404, headers }), { [name]: "Function not found: f" }), {
        status: 404,
        title: "ResourceNotFoundException",
        detail: "Function not found: f",
      });
    }
  });
});

describe("The ways to call a function", () => {
  it("are a test where the address names none that there is", () => {
    assert.deepEqual(["invoke", "event", "test", "DryRun", undefined].map(wayOf), [
      "invoke",
      "event",
      "test",
      "test",
      "test",
    ]);
  });

  it("need a console that does not only read", () => {
    const me: Me = {
      ...IDENTITY,
      needsToken: false,
      version: "0.1.0",
      readOnly: false,
      permissions: permissionsOf(ANYONE, PASSED_ON_ACTIONS),
    };
    const on = { kind: "function", name: "f" } as const;
    assert.equal(whyNot(me, "lambda:InvokeFunction", on), undefined);
    assert.equal(whyNot({ ...me, readOnly: true }, "lambda:InvokeFunction", on), "This console is read-only.");
    assert.equal(
      whyNot({ ...me, permissions: [] }, "lambda:InvokeFunction", on),
      "Not allowed: it needs lambda:InvokeFunction.",
    );
  });
});
