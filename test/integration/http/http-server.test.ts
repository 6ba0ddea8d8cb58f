import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { describe, it } from "node:test";
import type { ServerResponse } from "node:http";
import { listen } from "../../../src/edge/http/server.ts";
import { eventually, within } from "../../contract/waiting.ts";
import { testLimits } from "../../support/limits.ts";

const LOCAL = { host: "127.0.0.1", port: 0 };

async function answerOf(url: string, agent: Agent): Promise<{ message: IncomingMessage; text: string }> {
  const [message] = (await once(get(url, { agent }), "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of message) text += String(chunk);
  return { message, text };
}

describe("the HTTP server", () => {
  it("The HTTP server picks a free port and returns where it listens", async () => {
    const server = await listen((_request, response) => response.end("here"), LOCAL);
    assert.equal(server.url, `http://127.0.0.1:${server.port}`);
    assert.equal(await (await fetch(server.url)).text(), "here");
    await server.close(0);
  });

  it("The HTTP server rejects when its port is taken", async () => {
    const server = await listen((_request, response) => response.end(), LOCAL);
    await assert.rejects(
      listen(() => undefined, { ...LOCAL, port: server.port }),
      { code: "EADDRINUSE" },
    );
    await server.close(0);
  });

  it("The HTTP server finishes a request in flight when it closes, and closes the connection after it", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const server = await listen((_request, response) => arrived.resolve(response), LOCAL);
    const agent = new Agent({ keepAlive: true });
    const answer = answerOf(server.url, agent);
    const response = await arrived.promise;
    const closed = server.close(60_000);
    await assert.rejects(once(connect(server.port, "127.0.0.1"), "connect"), { code: "ECONNREFUSED" });
    response.end("finished");
    const { message, text } = await answer;
    assert.deepEqual([message.headers.connection, text], ["close", "finished"]);
    await within("the server is closed", closed);
    agent.destroy();
  });

  it("The HTTP server closes behind an answer that was half written when closing began", async () => {
    const arrived = Promise.withResolvers<ServerResponse>();
    const server = await listen((_request, response) => {
      response.write("half ");
      arrived.resolve(response);
    }, LOCAL);
    const agent = new Agent({ keepAlive: true });
    const answer = answerOf(server.url, agent);
    const response = await arrived.promise;
    const closed = server.close(60_000);
    response.end("done");
    assert.equal((await answer).text, "half done");
    await within("the server is closed", closed);
    agent.destroy();
  });

  it("The HTTP server does not wait for idle connections", async () => {
    const server = await listen((_request, response) => response.end(), LOCAL);
    const agent = new Agent({ keepAlive: true });
    await answerOf(server.url, agent);
    await within("the server is closed", server.close(60_000));
    agent.destroy();
  });

  it("The HTTP server refuses a header over its limit, and counts it", async () => {
    const { limits, met } = testLimits({ header: 2_000 });
    const server = await listen((_request, response) => response.end("here"), { ...LOCAL, headerLimit: limits.header });
    assert.equal((await fetch(server.url, { headers: { "x-long": "x".repeat(1_000) } })).status, 200);
    const refused = await fetch(server.url, { headers: { "x-long": "x".repeat(3_000) } });
    assert.equal(refused.status, 431);
    assert.deepEqual(met, ["header"]);
    await server.close(0);
  });

  it("The HTTP server answers bytes that are no HTTP with 400", async () => {
    const server = await listen((_request, response) => response.end(), LOCAL);
    const socket = connect(server.port, LOCAL.host);
    socket.end("HELO there\r\n\r\n");
    const [chunk] = (await once(socket, "data")) as [Buffer];
    assert.match(chunk.toString(), /^HTTP\/1\.1 400 Bad Request\r\n/);
    await server.close(0);
  });

  it("The HTTP server closes connections over its limit, and counts them", async () => {
    const { limits, met } = testLimits({ connections: 1 });
    const options = { ...LOCAL, connectionLimit: limits.connections };
    const server = await listen((_request, response) => response.end("here"), options);
    const [first, second] = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })];
    assert.equal((await answerOf(server.url, first)).text, "here");
    await assert.rejects(answerOf(server.url, second), { code: "ECONNRESET" });
    assert.deepEqual(met, ["connections"]);
    first.destroy();
    await eventually("there is room again", async () => {
      const answer = await answerOf(server.url, second).catch(() => undefined);
      return answer?.text === "here";
    });
    second.destroy();
    await server.close(0);
  });

  it("The HTTP server reports each refusal by its reason and nothing else", async () => {
    const refused: string[] = [];
    const { limits } = testLimits({ header: 2_000, connections: 1 });
    const server = await listen(
      (request, response) => {
        response.statusCode = Number(request.url?.slice(1));
        response.end();
      },
      {
        ...LOCAL,
        headerLimit: limits.header,
        connectionLimit: limits.connections,
        onRefused: (reason) => refused.push(reason),
      },
    );
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const status of [200, 204, 400, 401, 403, 404, 413, 415, 429, 500, 503])
      await answerOf(`${server.url}/${status}`, agent);
    await assert.rejects(answerOf(server.url, new Agent()), { code: "ECONNRESET" });
    agent.destroy();
    const inWords = async (text: string): Promise<void> => {
      await eventually("the last connection has gone", async () => {
        const socket = connect(server.port, LOCAL.host).on("error", () => undefined);
        socket.end(text);
        const answered = await Promise.race([once(socket, "data").then(() => true), once(socket, "close")]);
        if (answered !== true) assert.equal(refused.pop(), "connections");
        return answered === true;
      });
    };
    await inWords("HELO there\r\n\r\n");
    await inWords(`GET /200 HTTP/1.1\r\nHost: a\r\nX-Long: ${"x".repeat(3_000)}\r\n\r\n`);
    assert.deepEqual(refused, [
      ...["malformed", "access", "access", "not_found", "too_large", "media_type", "throttled", "fault"],
      ...["unavailable", "connections", "malformed", "header"],
    ]);
    await server.close(0);
  });

  it("The HTTP server accepts clients that come while others keep it busy", async (t) => {
    const busyMs = 2;
    const answer = (_request: IncomingMessage, response: ServerResponse): void => {
      for (const endMs = performance.now() + busyMs; performance.now() < endMs;);
      response.end("here");
    };
    const server = await listen(answer, { ...LOCAL, sockets: 32 });
    const agent = new Agent({ keepAlive: true });
    let isOver = false;
    // Also when a bound was missed: what stays open would keep the process from ending.
    t.after(async () => {
      isOver = true;
      agent.destroy();
      await server.close(0);
    });
    const askAgain = async (): Promise<void> => {
      while (!isOver) await answerOf(server.url, agent);
    };
    const regulars = Array.from({ length: 50 }, askAgain);
    await answerOf(server.url, agent);
    // One in a turn of 50 busy clients would take 100 × 100 ms.
    const newcomers = Array.from({ length: 100 }, () => answerOf(server.url, new Agent({ keepAlive: false })));
    await within("all newcomers are answered", Promise.all(newcomers), 5_000);
    isOver = true;
    await Promise.all(regulars);
  });

  it("The HTTP server finds a port taken that another server shares among its sockets", async () => {
    const server = await listen((_request, response) => response.end(), { ...LOCAL, sockets: 4 });
    const again = { ...LOCAL, port: server.port, sockets: 4 };
    await assert.rejects(
      listen(() => undefined, again),
      { code: "EADDRINUSE" },
    );
    await server.close(0);
    await (await listen(() => undefined, again)).close(0);
  });

  it("The HTTP server cuts off requests that do not finish in time", async () => {
    const arrived = Promise.withResolvers<undefined>();
    const server = await listen(() => arrived.resolve(undefined), LOCAL);
    const agent = new Agent({ keepAlive: true });
    const answer = assert.rejects(answerOf(server.url, agent), { code: "ECONNRESET" });
    await arrived.promise;
    await within("the server is closed", server.close(20));
    await answer;
    agent.destroy();
  });
});
