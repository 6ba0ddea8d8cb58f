import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import { HTTP_TIMEOUTS } from "../../../src/edge/http/server.ts";
import type { AnswerSink } from "../../../src/ports/functions/functions.ts";
import { HOST, invocation, PREFIX, request, startGateway } from "../../support/functions/runtime-api-client.ts";
import { eventually, within } from "../../contract/waiting.ts";

const KIB = 1_024;
const MIB = 1_024 * KIB;

interface Posted {
  readonly kind?: "response" | "error";
  readonly headers?: http.OutgoingHttpHeaders;
  /** Written one after the other, as chunks. */
  readonly chunks?: readonly (string | Buffer)[];
  readonly trailers?: http.OutgoingHttpHeaders;
  /** Closes the connection instead of ending the body. */
  readonly breaks?: boolean;
}

/** Hands an invocation out and posts what a client would. */
async function post(t: TestContext, { kind = "response", headers, chunks = [], trailers, breaks = false }: Posted) {
  const gateway = await startGateway(t);
  const given = invocation();
  const { outcome } = await gateway.handOut(given, { timeoutMs: 60_000 });
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const url = `http://127.0.0.1:${gateway.port}${PREFIX}invocation/${given.id}/${kind}`;
  const posted = http.request(url, { method: "POST", agent: false, headers: { host: HOST, ...headers } }, (answer) => {
    answer.resume().on("end", () => resolve(answer.statusCode));
  });
  posted.on("error", (error) => (breaks ? resolve(undefined) : reject(error)));
  posted.flushHeaders();
  for (const chunk of chunks) posted.write(chunk);
  if (trailers !== undefined) posted.addTrailers(trailers);
  if (breaks) setTimeout(() => posted.destroy(), 100);
  else posted.end();
  const status = await within("an answer", promise, 30_000);
  return { id: given.id, status, outcome: (await within("an outcome", outcome, 30_000)) as Outcome };
}

const STREAMING = {
  "lambda-runtime-function-response-mode": "streaming",
  "content-type": "application/octet-stream",
  "transfer-encoding": "chunked",
  trailer: "Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body",
};

/** As AWS's Node.js client 4.0.2 and Go's end a response whose function has failed. */
function trailersOf(error: object, errorType: string): http.OutgoingHttpHeaders {
  return {
    "Lambda-Runtime-Function-Error-Type": errorType,
    "Lambda-Runtime-Function-Error-Body": Buffer.from(JSON.stringify(error)).toString("base64"),
  };
}

describe("What AWS's clients post", () => {
  for (const bytes of [20_000, 100_000, MIB]) {
    it(`An error with a cause of ${bytes} bytes in its header is the outcome at once`, async (t) => {
      const { status, outcome } = await post(t, {
        kind: "error",
        headers: {
          "lambda-runtime-function-error-type": "Runtime.UserCodeError",
          "lambda-runtime-function-xray-error-cause": "c".repeat(bytes),
        },
        chunks: ['{"errorType":"Error","errorMessage":"boom","trace":[]}'],
      });
      assert.equal(status, 202);
      assert.deepEqual([outcome.ok, (outcome as Failure).message], [false, "Error: boom"]);
    });
  }

  const error = { errorType: "Error", errorMessage: "boom", trace: ["Error: boom", "    at handler"] };
  for (const [when, chunks] of [
    ["at once", []],
    ["after a chunk", ["hello "]],
    ["in half a value", ['{"orders":[1,2']],
  ] as const) {
    it(`A streamed response whose function fails ${when} is the error in its trailers`, async (t) => {
      const { status, outcome } = await post(t, { headers: STREAMING, chunks, trailers: trailersOf(error, "Error") });
      assert.equal(status, 202);
      assert.deepEqual(outcome, {
        ok: false,
        reason: "function_error",
        message: "Error: boom",
        responseJson: JSON.stringify(error),
      });
    });
  }

  it("A reader of Go's that fails is the error in its trailers", async (t) => {
    const ofGo = { errorMessage: "unexpected EOF", errorType: "errorString" };
    const { outcome } = await post(t, {
      headers: STREAMING,
      chunks: ["part"],
      trailers: trailersOf(ofGo, "errorString"),
    });
    assert.equal((outcome as Failure).message, "errorString: unexpected EOF");
  });

  it("A type in the trailers is an error without a body too", async (t) => {
    const { outcome } = await post(t, {
      headers: STREAMING,
      chunks: ["part"],
      trailers: { "Lambda-Runtime-Function-Error-Type": "Runtime.Unknown" },
    });
    assert.deepEqual([outcome.ok, (outcome as Failure).message], [false, "Runtime.Unknown"]);
  });

  it("A streamed response without an error in its trailers is a success", async (t) => {
    const { status, outcome } = await post(t, { headers: STREAMING, chunks: ["hello ", "world"] });
    assert.equal(status, 202);
    assert.deepEqual(outcome, { ok: true, statusCode: 200, responseJson: '"hello world"' });
  });

  for (const [what, headers] of [
    ["a streamed response", STREAMING],
    ["a response with a length", { "content-length": "100" }],
    ["a response in chunks", { "transfer-encoding": "chunked" }],
  ] as const) {
    it(`${what} whose connection breaks is a function error at once`, async (t) => {
      const { id, outcome } = await post(t, { headers, chunks: ['{"done":true}'], breaks: true });
      const failure = outcome as Failure;
      assert.deepEqual([failure.ok, failure.reason], [false, "function_error"]);
      const message = "the connection broke before the answer was complete";
      assert.deepEqual(JSON.parse(failure.responseJson!), {
        errorType: "Runtime.TruncatedResponse",
        errorMessage: `RequestId: ${id} Error: ${message}`,
      });
    });
  }

  it("A response mode that Lambda does not have is refused, and an error", async (t) => {
    const headers = { ...STREAMING, "lambda-runtime-function-response-mode": "trickling" };
    const { status, outcome } = await post(t, { headers, chunks: ["x"] });
    assert.equal(status, 400);
    assert.match((outcome as Failure).responseJson!, /"errorType":"Runtime\.InvalidResponseModeHeader"/);
  });

  for (const [what, body, responseJson] of [
    ["plain text", "SUCCESS", '"SUCCESS"'],
    ["a number that is none", '{"x": NaN}', '"{\\"x\\": NaN}"'],
    ["bytes", Buffer.from([0xff, 0xfe, 0x00]), '"//4A"'],
    ["a thousand levels and more", "[".repeat(1_200) + "]".repeat(1_200), undefined],
  ] as const) {
    it(`A response of ${what} is a success, and its record holds it as a string`, async (t) => {
      const { status, outcome } = await post(t, { chunks: [body] });
      assert.equal(status, 202);
      assert.deepEqual(outcome, {
        ok: true,
        statusCode: 200,
        responseJson: responseJson ?? JSON.stringify(body),
      });
    });
  }

  it("A streamed response may take longer than other requests, with pauses", async (t) => {
    const { requestTimeout } = HTTP_TIMEOUTS;
    HTTP_TIMEOUTS.requestTimeout = 300;
    t.after(() => (HTTP_TIMEOUTS.requestTimeout = requestTimeout));
    const gateway = await startGateway(t, { headersMsMax: 200 });
    const given = invocation();
    const { outcome } = await gateway.handOut(given, { timeoutMs: 20_000 });
    const socket = net.connect(gateway.port, "127.0.0.1");
    t.after(() => socket.destroy());
    const head = `POST ${PREFIX}invocation/${given.id}/response HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    socket.write(`${head}1\r\n"\r\n`);
    // Longer than the time limits, which are checked every 100 ms.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    socket.write('1\r\n"\r\n0\r\n\r\n');
    assert.deepEqual(await within("an outcome", outcome, 20_000), { ok: true, statusCode: 200, responseJson: '""' });
  });

  it("An answer that is asked for with Expect: 100-continue is taken", async (t) => {
    const gateway = await startGateway(t);
    const given = invocation();
    const { outcome } = await gateway.handOut(given);
    const posted = http.request(`http://127.0.0.1:${gateway.port}${PREFIX}invocation/${given.id}/response`, {
      method: "POST",
      agent: false,
      headers: { host: HOST, expect: "100-continue", "content-length": 1 },
    });
    posted.on("continue", () => posted.end("1"));
    posted.on("response", (answer) => answer.resume());
    posted.flushHeaders();
    assert.deepEqual(await within("an outcome", outcome), { ok: true, statusCode: 200, responseJson: "1" });
  });

  it("While an answer is streamed, another answer to the same invocation is refused", async (t) => {
    const gateway = await startGateway(t);
    const [types, pieces]: [unknown[], string[]] = [[], []];
    const sink: AnswerSink = {
      begin: (contentType) => void types.push(contentType),
      write: (piece) => Promise.resolve(void pieces.push(piece.toString())),
    };
    const given = invocation({ sink });
    const { outcome } = await gateway.handOut(given);
    const streamed = http.request(`http://127.0.0.1:${gateway.port}${PREFIX}invocation/${given.id}/response`, {
      method: "POST",
      agent: false,
      headers: { host: HOST, ...STREAMING },
    });
    const answered = once(streamed, "response") as Promise<[http.IncomingMessage]>;
    streamed.write("one ");
    await eventually("the first piece is there", () => pieces.length === 1);
    const mode = { "lambda-runtime-function-response-mode": "streaming" };
    for (const [kind, headers] of [
      ["response", mode],
      ["response", {}],
      ["error", {}],
    ] as const) {
      const asked = request(gateway.port, `POST invocation/${given.id}/${kind}`, { headers, body: '"other"' });
      const { status, text } = await within("a refusal", asked);
      assert.equal(status, 403);
      assert.match(text, /"errorType":"InvalidStateTransition"/);
    }
    streamed.end("two");
    const [{ statusCode }] = await within("an answer", answered);
    assert.deepEqual([statusCode, await outcome], [202, { ok: true, statusCode: 200 }]);
    assert.deepEqual([types, pieces.join("")], [["application/octet-stream"], "one two"]);
  });

  it("A failure of whoever takes a streamed answer is reported, and ends its request alone", async (t) => {
    const gateway = await startGateway(t);
    const sink: AnswerSink = { begin: () => undefined, write: () => Promise.reject(new Error("a bug")) };
    const given = invocation({ sink });
    await gateway.handOut(given);
    const headers = { "lambda-runtime-function-response-mode": "streaming" };
    const posted = request(gateway.port, `POST invocation/${given.id}/response`, { headers, body: "a" });
    await assert.rejects(within("the end of the connection", posted), { code: "ECONNRESET" });
    assert.deepEqual(
      gateway.errors.map(({ message }) => message),
      ["a request to the Runtime API failed"],
    );
  });

  it("A message of 100 KB reaches the record whole", async (t) => {
    const gateway = await startGateway(t);
    const given = invocation();
    const { outcome } = await gateway.handOut(given);
    const body = JSON.stringify({ errorType: "Error", errorMessage: "m".repeat(100 * KIB), trace: [] });
    assert.equal((await request(gateway.port, `POST invocation/${given.id}/error`, { body })).status, 202);
    const failure = (await outcome) as Failure;
    assert.equal(failure.responseJson, body);
    assert.equal(failure.message.length, 1_000);
  });
});
