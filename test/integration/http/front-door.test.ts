import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { responseJsonOf } from "../../../src/domain/delivery/response-json.ts";
import { createFrontDoor } from "../../../src/edge/front-door/front-door.ts";
import { UnprovenRoom } from "../../../src/edge/http/unproven-room.ts";
import { InFlightBytes } from "../../../src/flow/budget/in-flight.ts";
import type { InvokeEnd, WaitingCall } from "../../../src/ports/functions/function-calls.ts";
import { within } from "../../contract/waiting.ts";
import { allowEverybody } from "../../support/http/authenticator.ts";
import { serveHttp } from "../../support/http/http-target.ts";
import { NO_CALLS } from "../../support/no-calls.ts";
import { IDENTITY, sampleConfig, sampleFunction } from "../../support/sample.ts";

const HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response";
const CALLED = { ok: true, statusCode: 200 } as const;

/** The port of functions over HTTP, with one function that streams. */
async function startDoor(t: TestContext, call: (asked: WaitingCall) => Promise<InvokeEnd>) {
  const inFlight = new InFlightBytes(1_048_576);
  const url = { authType: "NONE", invokeMode: "RESPONSE_STREAM" } as const;
  const config = sampleConfig({ functions: [sampleFunction("web", { url })] });
  const listener = createFrontDoor({
    config: () => config,
    identity: IDENTITY,
    functionCalls: { ...NO_CALLS, call },
    authenticator: allowEverybody(),
    accessObserver: { issuerKeys: () => undefined },
    rooms: {
      limit: { max: 1_024, exceeded: () => undefined },
      of: (who) => inFlight.putsOf(who),
      unproven: new UnprovenRoom(inFlight.unprovenLimitBytes, () => undefined),
    },
    observer: { doorAnswered: () => undefined },
    urlHost: "localhost",
    newId: () => "7f3d2a10-0000-4000-8000-000000000001",
    nowMs: Date.now,
    steadyMs: () => performance.now(),
    report: (error) => assert.fail(error as Error),
  });
  const server = await serveHttp(listener);
  t.after(() => server.stop());
  return server;
}

/** The answer of a function that begins to stream, and fails. */
async function halfAnAnswer({ sink }: WaitingCall): Promise<InvokeEnd> {
  sink?.begin("text/plain");
  await sink?.write(Buffer.from("half of it"));
  return { kind: "called", outcome: { ok: false, reason: "function_error", message: "no" }, log: undefined };
}

describe("The port of functions over HTTP", () => {
  it("a client of HTTP/1.0 gets no half of a streamed answer, since it could not see that it is one", async (t) => {
    const { port, url } = await startDoor(t, halfAnAnswer);
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /_functions/web/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    const pieces: Buffer[] = [];
    socket.on("data", (piece: Buffer) => pieces.push(piece));
    await within("the end of the connection", once(socket, "close"));
    const text = Buffer.concat(pieces).toString();
    assert.match(text, /^HTTP\/1\.1 502 /);
    assert.ok(!text.includes("half of it"));
    await assert.rejects(fetch(`${url}/_functions/web/`).then((answer) => answer.text()));
  });

  const head = Buffer.from('{"statusCode":207,"headers":{"x-part":"1"}}\0\0\0\0\0\0\0\0');
  for (const [what, body] of [
    ["a text", Buffer.from("ä text")],
    ["bytes", Buffer.from([0xff, 0x00, 0xfe])],
    ["nothing", Buffer.alloc(0)],
  ] as const) {
    it(`a streamed answer with ${what} behind its head that another router has collected keeps its status and headers`, async (t) => {
      const responseJson = responseJsonOf(Buffer.concat([head, body])) ?? "";
      const outcome = { ...CALLED, responseJson, beginsWithHead: true };
      const { url } = await startDoor(t, () => Promise.resolve({ kind: "called", outcome, log: undefined }));
      const answer = await fetch(`${url}/_functions/web/`);
      assert.deepEqual([answer.status, answer.headers.get("x-part")], [207, "1"]);
      assert.deepEqual(Buffer.from(await answer.arrayBuffer()), body);
    });
  }

  it("a text that looks like the head of a streamed answer is a text", async (t) => {
    const outcome = { ...CALLED, responseJson: JSON.stringify(`${head.toString()}mine`) };
    const { url } = await startDoor(t, () => Promise.resolve({ kind: "called", outcome, log: undefined }));
    const answer = await fetch(`${url}/_functions/web/`);
    assert.deepEqual([answer.status, answer.headers.get("x-part")], [200, null]);
  });

  it("a streamed answer goes out with the status and headers that it begins with", async (t) => {
    const { url } = await startDoor(t, async ({ sink }) => {
      sink?.begin(HTTP_INTEGRATION);
      // The head may come in any pieces.
      for (let at = 0; at < head.length; at += 7) await sink?.write(head.subarray(at, at + 7));
      await sink?.write(Buffer.from("body"));
      return { kind: "called", outcome: CALLED, log: undefined };
    });
    const answer = await fetch(`${url}/_functions/web/`);
    assert.deepEqual([answer.status, answer.headers.get("x-part"), await answer.text()], [207, "1", "body"]);
  });
});
