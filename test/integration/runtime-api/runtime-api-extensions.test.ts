import assert from "node:assert/strict";
import http from "node:http";
import type { IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import { readClientContext } from "../../../src/edge/aws/services/lambda/invoke/client-context.ts";
import { within } from "../../contract/waiting.ts";
import { HOST, invocation, startGateway } from "../../support/functions/runtime-api-client.ts";

interface Asked {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One request to the gateway, of an extension or anybody else in an environment. */
async function ask(port: number, what: string, { headers = {}, body = "" }: Asked = {}) {
  const [method = "", path = ""] = what.split(" ");
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const options = { method, agent: false, headers: { host: HOST, ...headers } } as const;
  http.request(`http://127.0.0.1:${port}${path}`, options, resolve).on("error", reject).end(body);
  const response = await within("an answer", promise, 10_000);
  const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  return { status: response.statusCode, headers: response.headers, text };
}

const register = (port: number, events: readonly string[], prefix = "") =>
  ask(port, `POST ${prefix}/2020-01-01/extension/register`, {
    headers: { "Lambda-Extension-Name": "lambda-adapter" },
    body: JSON.stringify({ events }),
  });

describe("extensions and others in a container that polls", () => {
  it("Lambda Web Adapter's extension registers for no events, and its next one is open until the router stops", async (t) => {
    const gateway = await startGateway(t);
    const { status, headers, text } = await register(gateway.port, []);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), { functionName: "audit", functionVersion: "$LATEST", handler: "" });
    const identifier = headers["lambda-extension-identifier"];
    assert.match(String(identifier), /^[0-9a-f-]{36}$/);
    let isEnded = false;
    const next = ask(gateway.port, "GET /2020-01-01/extension/event/next", {
      headers: { "Lambda-Extension-Identifier": String(identifier) },
    })
      .catch(() => "closed")
      .finally(() => (isEnded = true));
    assert.equal((await ask(gateway.port, "GET /2018-06-01/ping")).text, "pong");
    assert.equal(isEnded, false);
    await gateway.close(0);
    assert.equal(await within("its end", next, 10_000), "closed");
  });

  it("An extension that asks for invocations is refused, and told what it needs", async (t) => {
    const { port } = await startGateway(t);
    const { status, text } = await register(port, ["INVOKE", "SHUTDOWN"]);
    assert.equal(status, 403);
    assert.match(text, /"errorType":"Extension\.InvalidEventType".*an init process in the image/);
  });

  it("An extension of a function with a secret brings it in its path, as the runtime does", async (t) => {
    const secret = "0123456789abcdef";
    const refused: string[] = [];
    const { port } = await startGateway(t, { secretsOf: () => [secret], onRefused: (name) => refused.push(name) });
    assert.equal((await register(port, [], `/${secret}`)).status, 200);
    assert.equal((await register(port, [])).status, 403);
    assert.deepEqual(refused, ["audit"]);
  });

  const identifier = { "Lambda-Extension-Identifier": "0cf1a9f0-36f9-4d3c-9d62-4c4f4f0f3a11" };
  const named = { "Lambda-Extension-Name": "one" };
  for (const [name, what, given, status, expected] of [
    [
      "a name that is none",
      "POST register",
      { headers: {}, body: '{"events":[]}' },
      403,
      "Extension.InvalidExtensionName",
    ],
    ["a body that is no JSON", "POST register", { headers: named, body: "events" }, 403, "InvalidRequestFormat"],
    [
      "an event that there is not",
      "POST register",
      { headers: named, body: '{"events":["START"]}' },
      403,
      "Extension.InvalidEventType",
    ],
    ["no identifier", "GET event/next", {}, 403, "Extension.MissingExtensionIdentifier"],
    [
      "an identifier that is no UUID",
      "GET event/next",
      { headers: { "Lambda-Extension-Identifier": "1" } },
      403,
      "Extension.InvalidExtensionIdentifier",
    ],
    ["an error without its type", "POST exit/error", { headers: identifier }, 403, "Extension.MissingHeader"],
    ["what there is not", "POST other", {}, 404, "NotFound"],
    [
      "a body that is too long",
      "POST register",
      { headers: named, body: "x".repeat(70_000) },
      413,
      "RequestEntityTooLarge",
    ],
  ] as const) {
    it(`A request of an extension with ${name} is answered with ${expected}`, async (t) => {
      const { port } = await startGateway(t);
      const [method, path] = what.split(" ");
      const answer = await ask(port, `${method} /2020-01-01/extension/${path}`, given);
      assert.deepEqual(
        [answer.status, (JSON.parse(answer.text) as Record<string, unknown>)["errorType"]],
        [status, expected],
      );
    });
  }

  it("What an extension reports of its failure is logged", async (t) => {
    const { port, errors } = await startGateway(t);
    const headers = { ...identifier, "Lambda-Extension-Function-Error-Type": "Extension.NoConfig" };
    const { status, text } = await ask(port, "POST /2020-01-01/extension/init/error", { headers, body: "{}" });
    assert.deepEqual([status, text], [202, '{"status":"OK"}']);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['an extension of function "audit" cannot start: Extension.NoConfig'],
    );
  });

  it("Telemetry and logs are answered as by AWS's emulator, and what belongs to SnapStart is not there", async (t) => {
    const { port } = await startGateway(t);
    for (const [path, name] of [
      ["/2022-07-01/telemetry", "Telemetry"],
      ["/2020-08-15/logs", "Logs"],
    ] as const) {
      const { status, text } = await ask(port, `PUT ${path}`, { headers: identifier, body: "{}" });
      const expected = { errorMessage: `${name} API is not supported`, errorType: `${name}.NotSupported` };
      assert.deepEqual([status, JSON.parse(text)], [202, expected]);
    }
    for (const what of [
      "GET /2018-06-01/runtime/restore/next",
      "POST /2018-06-01/runtime/restore/error",
      "GET /2021-04-23/credentials",
    ]) {
      assert.equal((await ask(port, what)).status, 404);
    }
  });

  it("The longest client context is read by a client that takes 16 KiB of headers, and a trace is there without one", async (t) => {
    const gateway = await startGateway(t);
    const given = Buffer.from(JSON.stringify({ custom: { text: "é".repeat(1_331) } })).toString("base64");
    assert.equal(given.length, 3_580);
    const clientContext = readClientContext(given)!;
    assert.ok(clientContext.length > 8_000);
    void gateway.give(invocation({ clientContext }));
    const { headers } = await ask(gateway.port, "GET /2018-06-01/runtime/invocation/next");
    assert.equal(headers["lambda-runtime-client-context"], clientContext);
    assert.match(String(headers["lambda-runtime-trace-id"]), /^Root=1-/);
  });
});
