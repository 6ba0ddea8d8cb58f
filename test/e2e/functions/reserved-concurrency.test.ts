import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../contract/waiting.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const LIMIT = 3;
/** How long a call takes at the function. */
const CALL_MS = 20;

describe("Reserved concurrency on two routers", () => {
  it("Callers and deliveries at both are never more than it together, also after one of the routers was killed", async (t) => {
    const state = { atOnce: 0, most: 0, calls: 0 };
    const server = createServer((request, response) => {
      request.resume();
      state.atOnce += 1;
      state.calls += 1;
      state.most = Math.max(state.most, state.atOnce);
      // The function's work is a wait.
      void sleep(CALL_MS).then(() => {
        state.atOnce -= 1;
        response.setHeader("content-type", "application/json").end("{}");
      });
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = `
queues: { failed: {} }
functions:
  work: { http: { url: "${url}" }, concurrency: 10, reservedConcurrency: ${LIMIT} }
  off: { http: { url: "${url}" }, reservedConcurrency: 0, onFailure: { queue: failed } }
`;
    const queues = ["busbar.permits", "busbar.function.work", "busbar.function.off", "failed"];
    const env = { BUSBAR_BROKER: await freshVhost(t, queues) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));
    const invoke = async (router: Router, type: string, name = "work"): Promise<number> => {
      const path = `/2015-03-31/functions/${name}/invocations`;
      const headers = { "x-amz-invocation-type": type };
      const answer = await fetch(`${router.publicUrl}${path}`, { method: "POST", headers, body: "{}" });
      return answer.status;
    };
    const isCalled = async (router: Router): Promise<boolean> => (await invoke(router, "RequestResponse")) === 200;
    for (const router of [one, two]) await eventually("permits are lent", () => isCalled(router));

    const before = state.calls;
    const queued = Array.from({ length: 100 }, (_, at) => invoke(at % 2 === 0 ? one : two, "Event"));
    assert.deepEqual(new Set(await Promise.all(queued)), new Set([202]));
    const asked = Array.from({ length: 40 }, (_, at) => invoke(at % 2 === 0 ? one : two, "RequestResponse"));
    for (const status of await Promise.all(asked)) assert.ok(status === 200 || status === 429, String(status));
    await eventually("each event is delivered", () => state.calls - before >= 100 && state.atOnce === 0);
    assert.equal(state.most, LIMIT);

    await one.kill();
    await eventually("the other has permits", () => isCalled(two));
    const left = Array.from({ length: 20 }, () => invoke(two, "RequestResponse"));
    assert.ok((await Promise.all(left)).includes(200));
    assert.equal(state.most, LIMIT);

    // A function that is switched off.
    assert.equal(await invoke(two, "RequestResponse", "off"), 429);
    assert.equal(await invoke(two, "Event", "off"), 202);
    const bodies: string[] = [];
    await eventually("its record is there", async () => {
      bodies.push(...(await two.receive("failed", 1)).map(({ body }) => body));
      return bodies.length > 0;
    });
    const record = JSON.parse(bodies[0] ?? "") as { requestContext: Record<string, unknown> };
    const { condition, approximateInvokeCount } = record.requestContext;
    assert.deepEqual([condition, approximateInvokeCount], ["ZeroReservedConcurrency", 0]);
    assert.ok(!("responseContext" in record));
  });
});
