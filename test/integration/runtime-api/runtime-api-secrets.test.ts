import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { invocation, poll, request, startGateway } from "../../support/functions/runtime-api-client.ts";

const [OLD, NEW] = ["the-old-secret-of-audit", "the-new-secret-of-audit"];

async function startAsking(t: TestContext) {
  const refused: unknown[] = [];
  const gateway = await startGateway(t, {
    secretsOf: (name) => ({ audit: [OLD, NEW], stock: [] })[name],
    onRefused: (...facts) => refused.push(facts),
  });
  return { gateway, refused };
}

describe("a function that is polled with a secret", () => {
  for (const secret of [OLD, NEW]) {
    it(`A function that is polled with a secret gives its invocations to an environment with ${secret}, and takes the answers`, async (t) => {
      const { gateway, refused } = await startAsking(t);
      const given = invocation();
      const outcome = gateway.give(given);
      assert.equal((await poll(gateway.port, { secret }))?.status, 200);
      const answer = { body: "1", secret };
      assert.equal((await request(gateway.port, `POST invocation/${given.id}/response`, answer)).status, 202);
      assert.deepEqual(await outcome, { ok: true, statusCode: 200, responseJson: "1" });
      assert.deepEqual(refused, []);
    });
  }

  it("A function that is polled with a secret gives no invocation and takes no answer without the secret, nor with another", async (t) => {
    const { gateway, refused } = await startAsking(t);
    const given = invocation();
    const outcome = gateway.give(given);
    for (const secret of [undefined, "the-secret-of-somebody", `${OLD}x`, "the-old-secret-of-"]) {
      const options = secret === undefined ? {} : { secret };
      const polled = await request(gateway.port, "GET invocation/next", options);
      assert.equal(polled.status, 403);
      assert.match(polled.text, /must end in one, as in NAME\.HOST:PORT\/SECRET/);
      const path = `POST invocation/${given.id}/response`;
      assert.equal((await request(gateway.port, path, { ...options, body: "1" })).status, 403);
      assert.equal((await request(gateway.port, "POST init/error", { ...options, body: "{}" })).status, 403);
    }
    assert.deepEqual(refused[0], ["audit", "127.0.0.1", "missing"]);
    assert.deepEqual(refused[3], ["audit", "127.0.0.1", "bad_token"]);
    assert.equal((await poll(gateway.port, { secret: OLD }))?.status, 200);
    await request(gateway.port, `POST invocation/${given.id}/response`, { secret: OLD, body: "2" });
    assert.equal((await outcome) !== "gone", true);
  });

  it("A function that is polled with a secret needs no secret for another function", async (t) => {
    const { gateway } = await startAsking(t);
    const given = invocation();
    const outcome = gateway.give(given);
    const host = "stock.busbar:9001";
    assert.equal((await poll(gateway.port, { host }))?.status, 200);
    await request(gateway.port, `POST invocation/${given.id}/response`, { host, body: "3" });
    await outcome;
  });
});
