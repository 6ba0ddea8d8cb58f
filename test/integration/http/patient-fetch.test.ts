import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import { Agent, getGlobalDispatcher, setGlobalDispatcher } from "undici";
import { OPERATIONS } from "../../../src/admin-api/operations/table.ts";
import { callRouterForText } from "../../../src/cli/client/router-call.ts";
import { patientFetch } from "../../../src/edge/http/patient-fetch.ts";
import { lambdaProxy } from "../../../src/console/server/router-proxy.ts";

/** In place of Node.js's 300 s: how long its `fetch` waits for an answer to begin. */
const NODE_MS = 50;

describe("A function's answer that takes longer than Node.js's fetch waits", () => {
  const former = getGlobalDispatcher();
  const impatient = new Agent({ headersTimeout: NODE_MS });
  const slow = createServer((request, response) => {
    request.resume();
    // A slow function is made by waiting: undici counts such short times to within half a second.
    void sleep(20 * NODE_MS).then(() => response.end('"late"'));
  });
  let url = "";

  before(async () => {
    setGlobalDispatcher(impatient);
    slow.listen(0, "127.0.0.1");
    await once(slow, "listening");
    url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  });
  after(async () => {
    setGlobalDispatcher(former);
    slow.close();
    await impatient.close();
  });

  it("comes to the command line and through the console's proxy", async (t) => {
    const app = express().post("/:name", lambdaProxy(url, OPERATIONS.invokeFunction));
    const proxy = app.listen(0, "127.0.0.1");
    t.after(() => proxy.close());
    await once(proxy, "listening");
    const proxied = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/work`;
    const asked = { server: "router", method: "POST", body: "{}", token: undefined, timeoutMs: 30_000 } as const;
    const [impatiently, byCommand, byProxy] = await Promise.allSettled([
      fetch(url, { method: "POST", body: "{}" }),
      callRouterForText(url, asked),
      callRouterForText(proxied, asked),
    ]);
    assert.equal(impatiently.status, "rejected", "otherwise this test proves nothing");
    for (const answer of [byCommand, byProxy]) {
      assert.equal(answer.status === "fulfilled" ? answer.value.text : answer.reason, '"late"');
    }
  });
});

describe("A fetch that waits", () => {
  it("fails for a status that no response has, and the process goes on", async (t) => {
    const server = createServer((_request, response) => response.writeHead(999).end("?"));
    t.after(() => server.close());
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = patientFetch(url, { method: "GET", headers: {}, signal: t.signal });
    await assert.rejects(asked, /^Error: an answer with status 999 cannot be passed on$/);
  });
});
