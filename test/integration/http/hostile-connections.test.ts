import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { HTTP_TIMEOUTS, listen, type Listening } from "../../../src/edge/http/server.ts";
import { eventually } from "../../contract/waiting.ts";
import type { FakePut } from "../../support/http/fake-put.ts";
import { publicApp } from "../../support/http/public-app.ts";

const ENTRY = '{"Entries":[{"Source":"a","DetailType":"b","Detail":"{}"}]}';
const SMUGGLED = '{"Entries":[{"Source":"smuggled","DetailType":"b","Detail":"{}"}]}';

function put(body = ENTRY, ...headers: string[]): string {
  const lines = [
    "POST / HTTP/1.1",
    "Host: localhost",
    "Content-Type: application/x-amz-json-1.1",
    "X-Amz-Target: AWSEvents.PutEvents",
    ...(headers.length > 0 ? headers : [`Content-Length: ${body.length}`]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/** Two requests in one, for whoever reads their ends otherwise than the next one does. */
const SHAPES: Readonly<Record<string, string>> = {
  "both lengths": put(`0\r\n\r\n${put(SMUGGLED)}`, "Content-Length: 4", "Transfer-Encoding: chunked"),
  "both lengths, the other way round": put(
    `0\r\n\r\n${put(SMUGGLED)}`,
    "Transfer-Encoding: chunked",
    "Content-Length: 500",
  ),
  "two lengths": put(ENTRY + put(SMUGGLED), `Content-Length: ${ENTRY.length}`, "Content-Length: 400"),
  "two lengths in one": put(ENTRY + put(SMUGGLED), `Content-Length: ${ENTRY.length}, ${ENTRY.length + 1}`),
  "a length with a sign": put(ENTRY + put(SMUGGLED), `Content-Length: +${ENTRY.length}`),
  "a length that is none": put(ENTRY + put(SMUGGLED), "Content-Length: 0x10"),
  "an encoding that hides": put(`${chunk(ENTRY)}0\r\n\r\n${put(SMUGGLED)}`, "Transfer-Encoding: xchunked"),
  "an encoding twice": put(`${chunk(ENTRY)}0\r\n\r\n${put(SMUGGLED)}`, "Transfer-Encoding: chunked, identity"),
  "a blank before the colon": put(`0\r\n\r\n${put(SMUGGLED)}`, "Content-Length : 4", "Transfer-Encoding: chunked"),
  "a folded header": put(`0\r\n\r\n${put(SMUGGLED)}`, "Content-Length: 4", "Transfer-Encoding:\r\n chunked"),
  "a line feed alone": put(ENTRY + put(SMUGGLED), `Content-Length: ${ENTRY.length}\nTransfer-Encoding: chunked`),
  "a chunk with a sign": put(`+5\r\nabcde\r\n0\r\n\r\n${put(SMUGGLED)}`, "Transfer-Encoding: chunked"),
  "a chunk that is longer than it says": put(
    `1\r\n${ENTRY}\r\n0\r\n\r\n${put(SMUGGLED)}`,
    "Transfer-Encoding: chunked",
  ),
  "HTTP/2": `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${put(SMUGGLED)}`,
  "HTTP/0.9": `GET /\r\n\r\n${put(SMUGGLED)}`,
  "a NUL in the path": `POST /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n${put(SMUGGLED)}`,
  "a tunnel": `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: localhost\r\n\r\n${put(SMUGGLED)}`,
};

describe("the public port, to a client that does as it likes", { concurrency: true }, () => {
  let server: Listening;
  let fakePut: FakePut;

  before(async () => {
    const made = publicApp();
    fakePut = made.fakePut;
    server = await listen(made.app, { host: "127.0.0.1", port: 0, sockets: 4 });
  });
  after(() => server.close(0));

  function open(to = server): { socket: Socket; received: () => string; closed: () => boolean } {
    let received = "";
    const socket = connect(to.port, "127.0.0.1");
    socket.on("data", (data) => (received += data.toString("latin1")));
    socket.on("error", () => undefined);
    return { socket, received: () => received, closed: () => socket.closed || socket.readableEnded };
  }

  for (const [shape, bytes] of Object.entries(SHAPES)) {
    it(`The public port reads no second request out of ${shape}`, async () => {
      const { socket, received, closed } = open();
      socket.write(bytes, "latin1");
      await eventually("the connection is closed", closed, 8_000);
      assert.ok(!fakePut.entries.some(({ source }) => source === "smuggled"), received());
      assert.match(received(), /^$|^HTTP\/1\.1 (4\d\d|200 )/);
    });
  }

  it("The public port answers an impossible path as any unknown one", async () => {
    const { socket, received } = open();
    socket.write("GET //nothing#here HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await eventually("an answer", () => received().includes("\r\n\r\n{"));
    assert.match(received(), /^HTTP\/1\.1 404 .*application\/problem\+json/s);
    socket.destroy();
  });

  it("The public port answers pipelined requests in their order, and no more than it can", async () => {
    const { socket, received } = open();
    const bodies = Array.from({ length: 200 }, (_, n) => ENTRY.replace('"a"', `"a${n}"`));
    socket.write(bodies.map((body) => put(body)).join(""));
    await eventually("all answered", () => received().split("HTTP/1.1 200 OK").length === 201);
    const sources = fakePut.entries.map(({ source = "" }) => source).filter((source) => /^a\d+$/.test(source));
    assert.deepEqual(
      sources,
      bodies.map((_, n) => `a${n}`),
    );
    socket.destroy();
  });

  it("The public port unpacks nothing: 30 MB in 30 KB are refused as they are", async () => {
    const body = gzipSync(Buffer.alloc(30 * 1_048_576, 0x20)).toString("latin1");
    for (const encoding of ["gzip", "deflate", "br", "gzip, gzip"]) {
      const { socket, received } = open();
      socket.write(put(body, `Content-Length: ${body.length}`, `Content-Encoding: ${encoding}`), "latin1");
      await eventually("an answer", () => received() !== "");
      assert.match(received(), /^HTTP\/1\.1 415 /);
      socket.destroy();
    }
  });

  it("The public port refuses more headers than anybody needs", async () => {
    for (const headers of [["X: ".padEnd(20_000, "x")], Array.from({ length: 2_000 }, (_, n) => `X-${n}: 1`)]) {
      const { socket, received, closed } = open();
      socket.write(put("", ...headers));
      await eventually("closed", closed, 8_000);
      assert.match(received(), /^HTTP\/1\.1 431 /);
    }
  });

  it("The public port refuses chunks that are all extension", async () => {
    const { socket, received, closed } = open();
    socket.write(put(`1;${"x".repeat(20_000)}\r\n`, "Transfer-Encoding: chunked"));
    await eventually("closed", closed, 8_000);
    assert.match(received(), /^HTTP\/1\.1 413 /);
  });

  it("The public port waits 10 s for a header that comes byte by byte, and 30 s for a request", async (t) => {
    const { headersTimeout, requestTimeout } = HTTP_TIMEOUTS;
    assert.deepEqual([headersTimeout, requestTimeout], [10_000, 30_000]);
    // The same ten times as fast. A machine that stands still for so long between a connection and its first byte is taken for a slow client.
    const fast = { headersTimeout: headersTimeout / 10, requestTimeout: requestTimeout / 10 };
    const nodeOptions = { ...fast, connectionsCheckingInterval: 250 };
    const hurried = await listen(publicApp().app, { host: "127.0.0.1", port: 0, nodeOptions });
    t.after(() => hurried.close(0));
    const slow = async (head: string, rest: string, leastMs: number, mostMs: number): Promise<void> => {
      const { socket, received, closed } = open(hurried);
      const startedAtMs = performance.now();
      socket.write(head);
      for (let at = 0; !closed() && performance.now() - startedAtMs < mostMs; at++) {
        socket.write(rest[at % rest.length]!);
        await sleep(50);
      }
      const tookMs = performance.now() - startedAtMs;
      assert.ok(closed() && tookMs > leastMs, `${tookMs} ms`);
      assert.match(received(), /^HTTP\/1\.1 408 /);
    };
    await Promise.all([
      slow("POST / HTTP/1.1\r\nHost: localhost\r\nX: ", "x", 1_000, 2_750),
      slow(put("", "Content-Length: 1000"), " ", 3_000, 10_000),
    ]);
  });

  it("The public port has accepted by then what other clients sent", async () => {
    const response = await fetch(server.url, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents" },
      body: ENTRY,
    });
    assert.equal(response.status, 200);
  });
});
