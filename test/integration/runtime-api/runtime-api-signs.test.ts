import assert from "node:assert/strict";
import http from "node:http";
import type { TestContext } from "node:test";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { invocation, poll, request, startGateway } from "../../support/functions/runtime-api-client.ts";

/** One environment's connection, which it keeps. */
function connection(t: TestContext): http.Agent {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  return agent;
}

describe("An environment that has taken an invocation", () => {
  it("An environment that has taken an invocation is reported when its connection is closed, and its answer is taken all the same", async (t) => {
    const gateway = await startGateway(t);
    const given = invocation();
    const { outcome } = await gateway.handOut(given, { timeoutMs: 30_000 });
    await eventually("it is reported", () => gateway.silent.length === 1);
    const [silent] = gateway.silent;
    assert.deepEqual(
      [silent?.functionName, silent?.requestId, silent?.sign, silent?.isConnected],
      ["audit", given.id, "closed", false],
    );
    assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" })).status, 202);
    assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "1" });
  });

  it("An environment that has taken an invocation is not reported for closed connections once its function has answered after one", async (t) => {
    const gateway = await startGateway(t);
    for (let n = 0; n < 2; n++) {
      const given = invocation();
      const { outcome } = await gateway.handOut(given, { timeoutMs: 30_000 });
      if (n === 0) await eventually("it is reported", () => gateway.silent.length === 1);
      // As long as a report would take.
      else await new Promise((resolve) => setTimeout(resolve, 1_500));
      await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1" });
      await outcome;
    }
    assert.equal(gateway.silent.length, 1);
  });

  it("An environment that has taken an invocation is reported when it polls again on its connection without an answer, and is given the next one", async (t) => {
    const gateway = await startGateway(t);
    const agent = connection(t);
    const [first, second] = [invocation(), invocation()];
    const one = await gateway.handOut(first, { agent, timeoutMs: 30_000 });
    const two = await gateway.handOut(second, { agent, timeoutMs: 30_000 });
    await eventually("it is reported", () => gateway.silent.length === 1);
    assert.deepEqual(
      gateway.silent.map(({ requestId, sign, isConnected }) => [requestId, sign, isConnected]),
      [[first.id, "polled again", true]],
    );
    for (const { id } of [first, second]) {
      assert.equal((await request(gateway.port, `POST invocation/${id}/response`, { body: "1", agent })).status, 202);
    }
    assert.deepEqual(
      (await Promise.all([one.outcome, two.outcome])).map((outcome) => outcome !== "gone" && outcome.ok),
      [true, true],
    );
  });

  it("An environment that has taken an invocation is reported at its deadline, with whether its connection is open", async (t) => {
    const gateway = await startGateway(t);
    const { outcome } = await gateway.handOut(invocation(), { agent: connection(t), timeoutMs: 1_000 });
    await outcome;
    const [silent] = gateway.silent;
    assert.deepEqual([silent?.sign, silent?.isConnected], ["deadline", true]);
    // Since it has taken the invocation. The writing before that is a part of its time.
    assert.ok((silent?.afterMs ?? 0) >= 800, String(silent?.afterMs));
  });

  it("An environment that has taken an invocation is not reported when it answers", async (t) => {
    const gateway = await startGateway(t);
    const agent = connection(t);
    for (let n = 0; n < 3; n++) {
      const given = invocation();
      const { outcome } = await gateway.handOut(given, { agent });
      await request(gateway.port, `POST invocation/${given.id}/response`, { body: "1", agent });
      await outcome;
    }
    const last = poll(gateway.port, { agent });
    await gateway.nextPoll();
    assert.deepEqual(gateway.silent, []);
    agent.destroy();
    await last;
  });
});
