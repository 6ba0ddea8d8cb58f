import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Invoker } from "../../../src/ports/functions/functions.ts";
import type { Failure, Outcome } from "../../../src/domain/failure/outcome.ts";
import { apiDestinationInvoker } from "../../../src/edge/targets/api-destination/api-destination.ts";
import { containerInvoker } from "../../../src/edge/targets/container/container.ts";
import { LAMBDA_RESPONSE_LIMIT } from "../../../src/domain/delivery/response-json.ts";
import { httpInvoker } from "../../../src/edge/targets/http-function.ts";
import { assertBoundedWork } from "../../support/bounded-work.ts";
import { Authority } from "../../support/http/certificates.ts";
import { functionConfig, invocation, NEVER, serveHttp, serveTcp } from "../../support/http/http-target.ts";

const MIB = 1_048_576;
const KINDS = ["an HTTP function", "a container", "an API destination"] as const;
/** Long enough for a busy machine: no time-out is tested here. */
const PATIENT = { timeoutSeconds: 30 };
type Kind = (typeof KINDS)[number];

function invokerOf(kind: Kind, url: string): Invoker {
  switch (kind) {
    case "an HTTP function":
      return httpInvoker(functionConfig({ kind: "http", url, format: "event" }, PATIENT));
    case "a container":
      return containerInvoker(functionConfig({ kind: "container", url }, PATIENT));
    case "an API destination":
      return apiDestinationInvoker(
        {
          name: "crm",
          url,
          method: "POST",
          auth: { kind: "none" },
          invocationRateLimitPerSecond: 300,
          concurrency: 10,
        },
        { timeoutMs: 30_000 },
      );
  }
}

async function callOnce(kind: Kind, url: string): Promise<Outcome> {
  const invoker = invokerOf(kind, url);
  const outcome = await invoker.invoke(invocation(), NEVER);
  await invoker.close();
  return outcome;
}

type Answering = (request: IncomingMessage, response: ServerResponse) => void;

async function answered(t: TestContext, kind: Kind, answering: Answering): Promise<Outcome> {
  const server = await serveHttp((request, response) => {
    request.resume().once("end", () => answering(request, response));
  });
  t.after(() => server.stop());
  return callOnce(kind, server.url);
}

/** Answers with bytes as they are, and hangs up. */
async function answeredWith(t: TestContext, kind: Kind, bytes: string): Promise<Outcome> {
  const server = await serveTcp((socket) => socket.once("data", () => socket.end(bytes)));
  t.after(() => server.stop());
  return callOnce(kind, server.url);
}

function failureOf(outcome: Outcome): Failure {
  assert.ok(!outcome.ok, JSON.stringify(outcome));
  return outcome;
}

const SUCCESS: Outcome = { ok: true, statusCode: 200, responseJson: '{"done":true}' };
const FINAL = 'HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{"done":true}';

for (const kind of KINDS) {
  describe(`The answer of ${kind}`, () => {
    for (const interim of ["100 Continue", "101 Switching Protocols", "102 Processing", "103 Early Hints", "199 Odd"]) {
      it(`may come behind a ${interim} that was not asked for`, async (t) => {
        const head = `HTTP/1.1 ${interim}\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n`;
        assert.deepEqual(await answeredWith(t, kind, head + head + FINAL), SUCCESS);
      });
    }

    it("may have 20 KB of headers, and up to 1 MiB", async (t) => {
      for (const bytes of [20_000, MIB - 1_000]) {
        const lines = "x-filler: "
          .padEnd(998, "y")
          .concat("\r\n")
          .repeat(bytes / 1_000);
        assert.deepEqual(await answeredWith(t, kind, FINAL.replace("\r\n\r\n", `\r\n${lines}\r\n`)), SUCCESS);
      }
    });

    it("fails as invalid_response when its headers are longer than 1 MiB", async (t) => {
      const lines = "x-filler: ".padEnd(998, "y").concat("\r\n").repeat(1_100);
      const { reason } = failureOf(await answeredWith(t, kind, FINAL.replace("\r\n\r\n", `\r\n${lines}\r\n`)));
      assert.equal(reason, "invalid_response");
    });

    const codings: [string, (text: string) => Buffer][] = [
      ["gzip", gzipSync],
      ["X-GZIP", gzipSync],
      ["deflate", deflateSync],
      ["deflate", deflateRawSync],
      ["br", brotliCompressSync],
      ["zstd", zstdCompressSync],
      ["gzip, br", (text) => brotliCompressSync(gzipSync(text))],
    ];
    for (const [index, [coding, encode]] of codings.entries()) {
      it(`may be encoded without being asked for: ${coding} (${index})`, async (t) => {
        const outcome = await answered(t, kind, (_request, response) =>
          response.writeHead(200, { "content-encoding": coding }).end(encode('{"done":true}')),
        );
        assert.deepEqual(outcome, SUCCESS);
      });
    }

    it("is too large when it is once it is decoded", async (t) => {
      const bomb = gzipSync(Buffer.alloc(64 * MIB, " "));
      const outcome = await answered(t, kind, (_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end(bomb),
      );
      assert.match(failureOf(outcome).responseJson ?? "", /"errorType":"Function.ResponseSizeTooLarge"/);
    });

    it("is kept as it came where it cannot be decoded", async (t) => {
      const outcome = await answered(t, kind, (_request, response) =>
        response.writeHead(200, { "content-encoding": "gzip" }).end("plain"),
      );
      assert.deepEqual(outcome, { ok: true, statusCode: 200, responseJson: '"plain"' });
    });

    it("is a success in whatever form: text, NaN, bytes, or too deep to be matched", async (t) => {
      const deep = "[".repeat(1_200) + "]".repeat(1_200);
      const bodies: [string | Buffer, string][] = [
        ["thank you", '"thank you"'],
        ['{"x": NaN}', String.raw`"{\"x\": NaN}"`],
        [Buffer.from([0xff, 0]), '"/wA="'],
        [deep, JSON.stringify(deep)],
      ];
      for (const [body, responseJson] of bodies) {
        const outcome = await answered(t, kind, (_request, response) => response.end(body));
        assert.deepEqual(outcome, { ok: true, statusCode: 200, responseJson });
      }
    });

    it("may be as long as Lambda's, and a longer one fails in AWS's words", async (t) => {
      assert.equal(LAMBDA_RESPONSE_LIMIT.max, 6_291_556);
      const fitting = await answered(t, kind, (_request, response) => response.end(`"${"x".repeat(6_291_554)}"`));
      assert.equal(fitting.ok && fitting.responseJson?.length, 6_291_556);
      const failure = failureOf(await answered(t, kind, (_request, response) => response.end("x".repeat(6_291_557))));
      assert.deepEqual([failure.reason, failure.statusCode], ["invalid_response", 200]);
      assert.deepEqual(JSON.parse(failure.responseJson ?? ""), {
        errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        errorType: "Function.ResponseSizeTooLarge",
      });
    });

    it("counts by its status when it is no success and cannot be read", async (t) => {
      const tooLong = await answered(t, kind, (_request, response) =>
        response.writeHead(503).end("x".repeat(7_000_000)),
      );
      assert.equal(failureOf(tooLong).reason, "server_error");
      const cutOff = await answeredWith(
        t,
        kind,
        "HTTP/1.1 429 Slow Down\r\nretry-after: 7\r\ncontent-length: 9\r\n\r\nno",
      );
      assert.deepEqual([failureOf(cutOff).reason, failureOf(cutOff).retryAfterMs], ["throttled", 7_000]);
    });

    it("that breaks off is retried a limited number of times", async (t) => {
      const limited = kind === "an API destination" ? "connection" : "function_error";
      for (const head of [
        "content-length: 99",
        "connection: close\r\ncontent-length: 99",
        "transfer-encoding: chunked",
      ]) {
        const failure = failureOf(await answeredWith(t, kind, `HTTP/1.1 200 OK\r\n${head}\r\n\r\n9\r\n{"done`));
        assert.deepEqual([failure.reason, failure.statusCode], [limited, 200]);
        assert.match(failure.message, /^127\.0\.0\.1:\d+ answered 200 and broke off: /);
      }
    });

    it("of open lists to 6 MiB takes linear time", async (t) => {
      const body = Buffer.alloc(6 * MIB, "[");
      const server = await serveHttp((_request, response) => response.end(body));
      const invoker = invokerOf(kind, server.url);
      t.after(() => Promise.all([invoker.close(), server.stop()]));
      await assertBoundedWork(kind, body.length, async () => {
        assert.ok((await invoker.invoke(invocation(), NEVER)).ok);
      });
    });
  });
}

describe("Calls behind each other on one connection", () => {
  for (const scheme of ["http", "https"]) {
    it(`Calls behind each other on one connection have their interim answers skipped, with ${scheme}`, async (t) => {
      const authority = await Authority.create(t);
      const { cert, key } = await authority.issue("target");
      let connections = 0;
      const onSocket = (socket: Socket): void => {
        connections++;
        socket.on("data", () => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${FINAL}`));
        socket.on("error", () => socket.destroy());
      };
      const server = scheme === "http" ? createServer(onSocket) : createTlsServer({ cert, key }, onSocket);
      await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
      t.after(() => server.close());
      const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const run = { kind: "http", url, format: "event", tls: { ca: authority.cert } } as const;
      const invoker = httpInvoker(functionConfig(run, { ...PATIENT, concurrency: 1 }));
      for (let call = 0; call < 5; call++) assert.deepEqual(await invoker.invoke(invocation(), NEVER), SUCCESS);
      await invoker.close();
      assert.equal(connections, 1);
    });
  }
});
