import assert from "node:assert/strict";
import { describe, it } from "node:test";
import express from "express";
import request from "supertest";
import { awsEntrance } from "../../../src/edge/aws/entrance.ts";
import { required, string, structure } from "../../../src/edge/aws/input/shapes.ts";
import { jsonProtocol } from "../../../src/edge/aws/protocol/json.ts";
import type { Service } from "../../../src/edge/aws/service.ts";
import { operation } from "../../../src/edge/aws/service.ts";
import { UnprovenRoom } from "../../../src/edge/http/unproven-room.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import { allowEverybody, authenticatorOf, credentialsOf, TOKEN } from "../../support/http/authenticator.ts";
import { testLimits } from "../../support/limits.ts";

/** A service that echoes a text. */
function echoService(name: string, version: "1.0" | "1.1", targetPrefix: string): Service {
  const echo = operation({
    input: structure("EchoRequest", { Text: required(string()) }),
    resource: ({ Text }) => `arn:aws:${name}:::${Text}`,
    handle: ({ Text }) => ({ [name]: Text }),
  });
  return {
    name,
    protocol: jsonProtocol(version, targetPrefix),
    operations: new Map([["Echo", echo]]),
  };
}

function appOf(authenticator = allowEverybody()) {
  const inFlight = new InFlightBytes(1_000_000);
  const entrance = awsEntrance([echoService("hills", "1.1", "AWSHills"), echoService("valleys", "1.0", "Valleys")], {
    rooms: {
      limit: testLimits().limits.body,
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(100_000, () => undefined),
    },
    authenticator,
    takeTurn: () => Promise.resolve(() => undefined),
    report: (error) => assert.fail(String(error)),
  });
  return express().post("/", entrance.handle);
}

function call(target: string | undefined, version: string, headers: Record<string, string> = {}, app = appOf()) {
  const named = target === undefined ? {} : { "x-amz-target": target };
  return request(app)
    .post("/")
    .set({ "content-type": `application/x-amz-json-${version}`, ...named, ...headers })
    .send('{"Text":"hello"}')
    .then(({ status, headers: { "content-type": type }, text }) => ({
      status,
      type,
      body: JSON.parse(text) as Record<string, string>,
    }));
}

describe("The entrance of the AWS APIs", () => {
  it("The entrance finds the service by the target of a request, and answers in its version of the protocol", async () => {
    assert.deepEqual(await call("AWSHills.Echo", "1.1"), {
      status: 200,
      type: "application/x-amz-json-1.1",
      body: { hills: "hello" },
    });
    assert.deepEqual(await call("Valleys.Echo", "1.0"), {
      status: 200,
      type: "application/x-amz-json-1.0",
      body: { valleys: "hello" },
    });
    assert.equal((await call("Valleys.Echo", "1.1")).status, 415);
  });

  it("The entrance finds the service of a request without a target by the scope of its signature, else takes the first", async () => {
    const authorization =
      "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/valleys/aws4_request, SignedHeaders=host";
    const signed = await call(undefined, "1.0", { authorization });
    assert.deepEqual(signed.body, {
      __type: "UnknownOperationException",
      message: "The X-Amz-Target header must be Valleys.OPERATION.",
    });
    assert.equal((await call(undefined, "1.1")).body["message"], "The X-Amz-Target header must be AWSHills.OPERATION.");
    assert.equal((await call("Rivers.Echo", "1.1")).body["__type"], "UnknownOperationException");
  });

  it("The entrance refuses an operation that its service has not", async () => {
    assert.equal((await call("Valleys.constructor", "1.0")).body["__type"], "UnknownOperationException");
  });

  it("The entrance authorizes an operation by its service, its name and its resource", async () => {
    const statement = { effect: "Allow", resources: ["arn:aws:valleys:::hello"], conditions: [] } as const;
    const { authenticator } = authenticatorOf(credentialsOf({ ...statement, actions: ["valleys:Echo"] }));
    const bearer = { authorization: `Bearer ${TOKEN}` };
    assert.equal((await call("Valleys.Echo", "1.0", bearer, appOf(authenticator))).status, 200);
    const refused = await call("AWSHills.Echo", "1.1", bearer, appOf(authenticator));
    assert.equal(refused.body["__type"], "AccessDeniedException");
    assert.match(String(refused.body["message"]), /to perform: hills:Echo on resource: arn:aws:hills:::hello /);
  });

  it("The entrance accepts a signature only in the scope of the service that the request is for", async () => {
    const secret = "a-secret-of-the-test";
    const principal = credentialsOf({ effect: "Allow", actions: ["*"], resources: ["*"], conditions: [] });
    const [owner] = principal.bearerTokens.values();
    assert.ok(owner);
    const { authenticator } = authenticatorOf({
      ...principal,
      accessKeys: new Map([["AKID", { secret, principal: owner }]]),
    });
    const date = new Date().toISOString().replace(/[-:]|\.\d{3}/g, "");
    const scope = `${date.slice(0, 8)}/us-east-1/hills/aws4_request`;
    const signedHeaders = `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`;
    const headers = {
      authorization: `AWS4-HMAC-SHA256 Credential=AKID/${scope}, ${signedHeaders}`,
      "x-amz-date": date,
    };
    const { body } = await call("Valleys.Echo", "1.0", headers, appOf(authenticator));
    assert.equal(body["message"], "Credential should be scoped to correct service: 'valleys'.");
    const other = await call("AWSHills.Echo", "1.1", headers, appOf(authenticator));
    assert.match(String(other.body["message"]), /^The request signature we calculated does not match/);
  });
});
