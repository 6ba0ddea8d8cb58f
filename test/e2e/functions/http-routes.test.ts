import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { GetFunctionUrlConfigCommand, InvokeWithResponseStreamCommand } from "@aws-sdk/client-lambda";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { eventually } from "../../contract/waiting.ts";
import { lambdaClient } from "../../support/aws/lambda-client.ts";
import { AWS_ENV, skipWithout } from "../../support/aws/programs/programs.ts";
import { Router } from "../../support/router/router.ts";

const run = promisify(execFile);
const skipBoto3 = await skipWithout("boto3", "python3", "-c", "import boto3");

const HANDLERS = `
import { setTimeout as sleep } from "node:timers/promises";
export const echo = async (event, { functionVersion }) => {
  if (event.rawPath === "/version") return functionVersion;
  if (event.rawPath === "/fails") throw new Error("no");
  if (event.rawPath === "/malformed") return { statusCode: "none" };
  if (event.rawPath === "/big") return "x".repeat(7_000_000);
  return event;
};
export const stream = awslambda.streamifyResponse(async (event, stream) => {
  const path = event.rawPath ?? event.path;
  if (path === "/early") throw new RangeError("before the first byte");
  const out = awslambda.HttpResponseStream.from(stream, {
    statusCode: 207,
    headers: { "content-type": "text/plain" },
    cookies: ["a=1"],
  });
  out.write("one ");
  await sleep(20);
  if (path === "/late") throw new RangeError("behind the first byte");
  out.write("two");
  out.end();
  await new Promise((resolve) => out.once("finish", resolve));
});
export const bytes = awslambda.streamifyResponse(async (event, stream) => {
  const piece = Buffer.alloc(65_536, "x");
  for (let n = 0; n < event.pieces; n++) if (!stream.write(piece)) await new Promise((resolve) => stream.once("drain", resolve));
  if (event.fails) throw new RangeError("no more");
  stream.end();
});
export const authorize = async ({ identitySource, type }) => {
  console.log("asked", type);
  if (identitySource[0] === "broken") throw new Error("out of order");
  return { isAuthorized: identitySource[0] === "open sesame", context: { tier: "gold" } };
};
`;

const BOTO3 = `
import boto3, json, sys
client = boto3.client("lambda", endpoint_url=sys.argv[1])
answer = client.invoke_with_response_stream(FunctionName="bytes", Payload=b'{"pieces":3}')
events = list(answer["EventStream"])
size = sum(len(event["PayloadChunk"]["Payload"]) for event in events if "PayloadChunk" in event)
print(json.dumps([size, list(events[-1])[0], answer["ResponseMetadata"]["HTTPHeaders"]["content-type"]]))
`;

/** An issuer of tokens, by its keys alone. */
async function startIssuer(t: { after: (end: () => unknown) => void }) {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256" };
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = (claims: Record<string, unknown>, seconds = 60) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: "one" })
      .setIssuer(url)
      .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
      .sign(privateKey);
  return { url, token };
}

async function startRouter(t: { after: (end: () => unknown) => void }, issuer: string) {
  const router = await Router.start({ config: "", env: { BUSBAR_LOG_LEVEL: "debug" } });
  t.after(() => router.remove());
  await writeFile(join(router.folder, "index.mjs"), HANDLERS);
  const bootstrap = `${process.cwd()}/runtimes/nodejs/bootstrap.mjs`;
  const process_ = (handler: string) =>
    `process: { command: [node, "${bootstrap}", "${router.folder}/index.${handler}"] }`;
  await router.configure(`
functions:
  echo: { ${process_("echo")}, timeoutSeconds: 20, url: { authType: NONE } }
  stream: { ${process_("stream")}, timeoutSeconds: 20, url: { authType: NONE, invokeMode: RESPONSE_STREAM } }
  whole: { ${process_("stream")}, timeoutSeconds: 20, url: { authType: NONE } }
  bytes: { ${process_("bytes")}, timeoutSeconds: 20 }
  versioned:
    ${process_("echo")}
    timeoutSeconds: 20
    url: { authType: NONE, qualifier: live }
    versions: { "1": {} }
    aliases: { live: { functionVersion: "1" } }
  doorman: { ${process_("authorize")}, timeoutSeconds: 20 }
httpRoutes:
  version: { route: "GET /version", function: "versioned:live" }
  open: { route: "GET /open/{id}", function: echo, cors: { allowOrigins: ["https://shop.example"], allowMethods: [GET] } }
  fails: { route: "GET /fails", function: echo }
  malformed: { route: "GET /malformed", function: echo, payload: rest }
  tokens:
    route: GET /tokens
    function: echo
    authorizer: { jwt: { issuer: "${issuer}", jwksUrl: "${issuer}/keys", audience: [shop], scopes: [read] } }
  asked:
    route: GET /asked
    function: echo
    authorizer: { function: { name: doorman, identitySources: [$request.header.X-Word], ttlSeconds: 60 } }
  signed: { route: "GET /signed", function: echo, authorizer: { iam: {} } }
`);
  await eventually("the routes are there", async () => (await fetch(`${router.routesUrl}/open/1`)).status === 200);
  const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await fetch(`${router.routesUrl}${path}`, { headers, ...init });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { router, ask };
}

describe("functions over HTTP", () => {
  it("Routes and URLs call functions, let their senders in, and answer what they answer", async (t) => {
    const issuer = await startIssuer(t);
    const { router, ask } = await startRouter(t, issuer.url);

    const open = await ask("/open/7?a=1", { origin: "https://shop.example" });
    const event = JSON.parse(open.text) as Record<string, unknown>;
    assert.deepEqual([event["routeKey"], event["pathParameters"]], ["GET /open/{id}", { id: "7" }]);
    assert.equal(open.headers.get("access-control-allow-origin"), "https://shop.example");
    const { requestId } = event["requestContext"] as { requestId: string };
    assert.equal(open.headers.get("apigw-requestid"), requestId);
    const preflight = await ask(
      "/open/7",
      { origin: "https://shop.example", "access-control-request-method": "GET" },
      { method: "OPTIONS" },
    );
    assert.deepEqual([preflight.status, preflight.headers.get("access-control-allow-methods")], [204, "GET"]);

    const url = await ask("/_functions/echo/some/path", {}, { method: "POST", body: "hello" });
    const posted = JSON.parse(url.text) as Record<string, unknown>;
    assert.deepEqual([posted["rawPath"], posted["body"]], ["/some/path", "hello"]);
    assert.deepEqual(await ask("/_functions/doorman").then(({ status, text }) => [status, text]), [
      403,
      '{"Message":null}',
    ]);
    assert.equal((await ask("/nowhere")).text, '{"message":"Not Found"}');
    const versions = [await ask("/version"), await ask("/_functions/versioned/version")];
    assert.deepEqual(
      versions.map(({ text }) => text),
      ["1", "1"],
    );
    assert.equal((await ask("/_functions/echo/version")).text, "$LATEST");
    const client = lambdaClient(router.publicUrl);
    t.after(() => client.destroy());
    const ofAlias = { FunctionName: "versioned", Qualifier: "live" };
    assert.match((await client.send(new GetFunctionUrlConfigCommand(ofAlias))).FunctionArn ?? "", /:versioned:live$/);
    await assert.rejects(client.send(new GetFunctionUrlConfigCommand({ FunctionName: "versioned" })), {
      name: "ResourceNotFoundException",
    });
    assert.equal((await ask("/fails")).status, 500);
    assert.equal((await ask("/malformed")).status, 502);
    assert.equal((await ask("/_functions/echo/big")).status, 502);
    const long = await ask("/_functions/echo/", {}, { method: "POST", body: Buffer.alloc(6_291_456, "x") });
    assert.equal(long.status, 413);
    // Nobody is asked who they are, but a page of another site is refused.
    assert.equal((await ask("/signed")).status, 200);
    assert.equal(
      (await ask("/signed", { origin: "https://evil.example", "sec-fetch-site": "cross-site" })).status,
      403,
    );

    const bearer = async (claims: Record<string, unknown>, seconds?: number) =>
      (await ask("/tokens", { authorization: `Bearer ${await issuer.token(claims, seconds)}` })).status;
    assert.equal((await ask("/tokens")).headers.get("www-authenticate")?.startsWith('Bearer scope="" error='), true);
    assert.equal(await bearer({ aud: "shop", scope: "read write" }), 200);
    assert.equal(await bearer({ client_id: "shop", scp: ["read"] }), 200);
    assert.equal(await bearer({ aud: "shop", scope: "write" }), 403);
    assert.equal(await bearer({ aud: "other", scope: "read" }), 401);
    assert.equal(await bearer({ aud: "shop", scope: "read" }, -60), 401);
    assert.equal((await ask("/tokens", { authorization: "Bearer a.b.c" })).status, 401);

    const word = async (text: string) => (await ask("/asked", { "x-word": text })).status;
    assert.equal((await ask("/asked")).status, 401);
    assert.equal(await word("open sesame"), 200);
    assert.equal(await word("open sesame"), 200);
    assert.equal(await word("please"), 403);
    assert.equal(await word("broken"), 500);
    await eventually("the doorman's lines are here", () =>
      router.log.some(({ msg, route, status }) => msg === "http request" && route === "asked" && status === 500),
    );
    assert.equal(
      router.log.filter(({ line }) => line === "asked REQUEST" || String(line).endsWith("asked REQUEST")).length,
      3,
    );

    const metrics = await (await fetch(`${router.adminUrl}/metrics`)).text();
    assert.match(metrics, /busbar_http_requests_total\{route="tokens",status="4xx"\} 5/);
    assert.match(metrics, /busbar_http_requests_total\{route="unknown",status="4xx"\} [1-9]/);
  });

  it("Answers are streamed by URLs and InvokeWithResponseStream, and collected elsewhere", async (t) => {
    const { router, ask } = await startRouter(t, "http://127.0.0.1:9");
    const live = await ask("/_functions/stream/");
    assert.deepEqual(
      [live.status, live.text, live.headers.get("content-type"), live.headers.get("set-cookie")],
      [207, "one two", "text/plain", "a=1"],
    );
    assert.equal(live.headers.get("content-length"), null);
    const whole = await ask("/_functions/whole/");
    assert.deepEqual([whole.status, whole.text, whole.headers.get("content-length")], [207, "one two", "7"]);
    assert.equal((await ask("/_functions/stream/early")).status, 502);
    await assert.rejects(ask("/_functions/stream/late"), "the answer breaks off");
    assert.equal((await ask("/_functions/whole/late")).status, 502);
    assert.equal((await ask("/_functions/stream/")).text, "one two", "the environment goes on");

    const client = lambdaClient(router.publicUrl);
    t.after(() => client.destroy());
    const streamed = async (FunctionName: string, event: object) => {
      const asked = new InvokeWithResponseStreamCommand({ FunctionName, Payload: JSON.stringify(event) });
      const { EventStream = [], ExecutedVersion } = await client.send(asked);
      const pieces: Buffer[] = [];
      let end: unknown;
      for await (const { PayloadChunk, InvokeComplete } of EventStream) {
        if (PayloadChunk?.Payload !== undefined) pieces.push(Buffer.from(PayloadChunk.Payload));
        if (InvokeComplete !== undefined) end = InvokeComplete;
      }
      return { text: Buffer.concat(pieces).toString(), end, ExecutedVersion };
    };
    const large = await streamed("bytes", { pieces: 160 });
    assert.deepEqual([large.text.length, large.end, large.ExecutedVersion], [160 * 65_536, {}, "$LATEST"]);
    const broken = await streamed("bytes", { pieces: 1, fails: true });
    assert.equal(broken.text.length, 65_536);
    const { ErrorCode, ErrorDetails } = broken.end as Record<string, string>;
    assert.equal(ErrorCode, "Unhandled");
    assert.equal((JSON.parse(ErrorDetails ?? "") as { errorMessage: string }).errorMessage, "no more");
    const buffered = await streamed("echo", { a: 1 });
    assert.deepEqual([buffered.text, buffered.end], ['{"a":1}', {}]);
    const early = await streamed("stream", { path: "/early" });
    assert.match(early.text, /before the first byte/);
    await assert.rejects(streamed("nobody", {}), { name: "ResourceNotFoundException" });
  });

  it("boto3 reads an answer that is streamed", { skip: skipBoto3 }, async (t) => {
    const { router } = await startRouter(t, "http://127.0.0.1:9");
    const program = join(router.folder, "stream.py");
    await writeFile(program, BOTO3);
    const { stdout } = await run("python3", [program, router.publicUrl], { env: { ...process.env, ...AWS_ENV } });
    assert.deepEqual(JSON.parse(stdout), [3 * 65_536, "InvokeComplete", "application/vnd.amazon.eventstream"]);
  });
});
