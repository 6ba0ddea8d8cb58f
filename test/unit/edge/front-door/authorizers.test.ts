import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FunctionAuthorizer } from "../../../../src/domain/http-route/http-route.ts";
import { readAuthorizerAnswer } from "../../../../src/edge/front-door/authorizers/authorizer-answer.ts";
import { FunctionAuthorizers } from "../../../../src/edge/front-door/authorizers/function-authorizer.ts";
import type { Door } from "../../../../src/edge/front-door/door.ts";
import type { DoorRequest } from "../../../../src/edge/front-door/door-request.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../support/sample.ts";

const ARN = "arn:aws:execute-api:us-east-1:000000000000:orders/$default/GET/orders/1";
const ALL = { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" };

/** Whether a policy with these statements lets a request in; undefined where it is no answer. */
function allows(...statements: readonly unknown[]): boolean | undefined {
  return readAuthorizerAnswer(JSON.stringify({ policyDocument: { Statement: statements } }))?.allows(ARN);
}

describe("an authorizer's IAM policy", () => {
  it("lets in what it allows and does not deny", () => {
    assert.equal(allows(ALL), true);
    assert.equal(allows({ ...ALL, Sid: "one", Resource: [ARN.replace("/1", "/*")] }), true);
    assert.equal(allows({ ...ALL, Resource: "arn:aws:execute-api:*/POST/*" }), false);
    assert.equal(allows({ ...ALL, Action: "lambda:*" }), false);
    assert.equal(allows(ALL, { Effect: "Deny", Action: "*", Resource: ARN }), false);
    assert.equal(allows(), false);
  });

  for (const [what, statement] of [
    ["a condition", { ...ALL, Condition: { IpAddress: { "aws:SourceIp": "192.0.2.0/24" } } }],
    ["NotResource", { Effect: "Deny", Action: "*", NotResource: "*/GET/public/*" }],
    ["NotAction", { Effect: "Deny", NotAction: "execute-api:ManageConnections", Resource: "*" }],
    ["another effect", { ...ALL, Effect: "deny" }],
    ["no resource", { Effect: "Deny", Action: "*" }],
    ["a text for a statement", "Deny"],
  ] as const) {
    it(`is no answer with ${what}: what it keeps out would be let in`, () => {
      assert.equal(allows(ALL, statement), undefined);
    });
  }
});

const REQUEST: DoorRequest = {
  id: "7f3d2a10-0000-4000-8000-000000000001",
  method: "GET",
  rawPath: "/orders/1",
  rawQuery: "",
  headers: [["authorization", "token"]],
  host: "localhost",
  protocol: "HTTP/1.1",
  sourceIp: "192.0.2.1",
  isTls: false,
  localPort: 8081,
  trace: undefined,
  receivedAtMs: 0,
};
const AUTHORIZER: FunctionAuthorizer = {
  kind: "function",
  functionName: "doorman",
  identitySources: [{ place: "header", name: "authorization" }],
  ttlSeconds: 60,
};
const DOOR: Door = {
  name: "orders",
  isFunctionUrl: false,
  functionName: "web",
  qualifier: undefined,
  payload: "2.0",
  cors: undefined,
  authorizer: AUTHORIZER,
  timeoutSeconds: undefined,
  isStreamed: false,
  routeKey: "GET /orders/{id}",
  pathParameters: { id: "1" },
  rawPath: "/orders/1",
};

/** Asks twice with the same token, and says how often the function was called. */
async function callsOfTwo(context: object, second: FunctionAuthorizer = AUTHORIZER): Promise<number> {
  let calls = 0;
  const config = sampleConfig({ functions: [sampleFunction("doorman")] });
  const responseJson = JSON.stringify({ isAuthorized: true, context });
  const authorizers = new FunctionAuthorizers({
    config: () => config,
    functionCalls: {
      canWaitFor: () => true,
      call: () => {
        calls += 1;
        return Promise.resolve({
          kind: "called",
          outcome: { ok: true, statusCode: 200, responseJson },
          log: undefined,
        });
      },
    },
    newId: () => "7f3d2a10-0000-4000-8000-000000000002",
    steadyMs: () => 0,
  });
  const { signal } = new AbortController();
  for (const authorizer of [AUTHORIZER, second]) {
    const verdict = await authorizers.authorize(
      authorizer,
      { door: DOOR, request: REQUEST, identity: IDENTITY },
      signal,
    );
    assert.equal(verdict.ok, true);
  }
  return calls;
}

describe("an authorizer function", () => {
  it("is called once for one token within its time", async () => {
    assert.equal(await callsOfTwo({ tier: "gold" }), 1);
  });

  it("is called again where its answer is too long to be kept", async () => {
    assert.equal(await callsOfTwo({ tier: "x".repeat(8_192) }), 2);
  });

  it("is called again where another version of it is asked", async () => {
    assert.equal(await callsOfTwo({}, { ...AUTHORIZER, qualifier: "live" }), 2);
  });
});
