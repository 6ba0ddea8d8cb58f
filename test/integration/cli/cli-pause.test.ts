import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { BareRouter } from "../../support/router/bare-router.ts";
import { busbar } from "../../support/router/command-line.ts";

describe("busbar pause, resume and paused", () => {
  let router: BareRouter;
  before(async () => void (router = await BareRouter.start()));
  after(() => router.stop());

  const run = (...args: readonly string[]) => busbar([...args, "--admin-url", router.adminUrl]);

  it("pause pauses a destination, paused lists its time, author and reason, and resume resumes it", async () => {
    const paused = await run("pause", "function/stock", "--reason", "the warehouse is closed", "--by", "ada");
    assert.deepEqual(paused, { code: 0, stdout: "function/stock is paused\n", stderr: "" });
    const listed = await run("paused");
    assert.deepEqual(listed.stdout.split("\n"), [
      "DESTINATION     SINCE                     BY                 REASON",
      "function/held                             the configuration",
      "function/stock  1970-01-01T00:00:00.000Z  ada                the warehouse is closed",
      "",
    ]);
    const resumed = await run("resume", "function/stock");
    assert.deepEqual(resumed, { code: 0, stdout: "function/stock is resumed\n", stderr: "" });
    const { stdout } = await run("paused", "--json");
    assert.deepEqual(JSON.parse(stdout), [{ destination: "function/held", configured: true }]);
  });

  it("pause and resume say why a destination cannot be paused or resumed", async () => {
    const held = await run("resume", "function/held");
    const advice = "function/held is paused by the configuration: remove `paused: true` there\n";
    assert.deepEqual(held, { code: 1, stdout: "", stderr: advice });
    const unknown = await run("pause", "api-destination/nobody");
    assert.deepEqual([unknown.code, unknown.stderr], [1, "there is no api-destination/nobody in the configuration\n"]);
    const wrong = await run("pause", "stock");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /It must be function\/NAME or api-destination\/NAME/);
  });
});
