import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { HttpRoute } from "../../../../src/domain/http-route/http-route.ts";
import { Doors } from "../../../../src/edge/front-door/door.ts";
import type { DoorAdmissionOptions } from "../../../../src/edge/front-door/door-admission.ts";
import { DoorAdmission } from "../../../../src/edge/front-door/door-admission.ts";
import { Refusal } from "../../../../src/edge/http/auth/refusal.ts";
import type { BodyRooms } from "../../../../src/edge/http/proven-body.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../../support/sample.ts";

const ROUTE: HttpRoute = {
  name: "prices",
  key: "GET /prices",
  functionName: "f",
  qualifier: "2",
  payload: "2.0",
  authorizer: { kind: "iam" },
};

const url = { authType: "AWS_IAM", invokeMode: "BUFFERED" } as const;

const CONFIG = {
  ...sampleConfig({
    functions: [sampleFunction("f", { url: { ...url, qualifier: "live" } }), sampleFunction("plain", { url })],
  }),
  httpRoutes: new Map([[ROUTE.name, ROUTE]]),
};

function doorAt(rawPath: string) {
  const door = new Doors(() => CONFIG, "localhost").find({ host: "127.0.0.1", method: "GET", rawPath });
  return typeof door === "string" ? assert.fail(door) : door;
}

/** What a sender who signs is asked to be allowed. */
async function askedOf(rawPath: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const authorize = (action: string, arn: string): void => {
    asked.push(action, arn);
    throw new Refusal("access_denied", "no");
  };
  const authenticator = {
    foreignRequest: () => undefined,
    authenticate: () => Promise.resolve({ caller: { authorize } }),
  };
  const admission = new DoorAdmission({ authenticator, identity: IDENTITY } as unknown as DoorAdmissionOptions);
  // It is refused before anything of the request is read.
  const arriving = { incoming: {}, response: {}, request: {} } as unknown as Parameters<DoorAdmission["admit"]>[0];
  const means = { rooms: {} as BodyRooms, gone: new AbortController().signal };
  const admitted = await admission.admit(arriving, doorAt(rawPath), means);
  assert.deepEqual(admitted, { ok: false, error: "forbidden" });
  return asked;
}

const ARN = "arn:aws:lambda:us-east-1:000000000000:function";

describe("Routes and function URLs", () => {
  it("Routes and function URLs call the version or alias that they name", () => {
    const called = ["/prices", "/_functions/f/", "/_functions/plain/"].map((path) => {
      const { functionName, qualifier } = doorAt(path);
      return [functionName, qualifier];
    });
    assert.deepEqual(called, [
      ["f", "2"],
      ["f", "live"],
      ["plain", undefined],
    ]);
  });

  it("Routes and function URLs ask who signs for lambda:InvokeFunctionUrl on the function as they name it", async () => {
    assert.deepEqual(await askedOf("/prices"), ["lambda:InvokeFunctionUrl", `${ARN}:f:2`]);
    assert.deepEqual(await askedOf("/_functions/f/"), ["lambda:InvokeFunctionUrl", `${ARN}:f:live`]);
    assert.deepEqual(await askedOf("/_functions/plain/"), ["lambda:InvokeFunctionUrl", `${ARN}:plain`]);
  });
});
