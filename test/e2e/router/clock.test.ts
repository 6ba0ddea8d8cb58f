import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";
import { createShiftedClock } from "../../support/router/shifted-clock.ts";

const HOUR_MS = 3_600_000;

describe("A clock that is set an hour back", () => {
  it("A clock that is set an hour back delays no retry of the embedded broker", async (t) => {
    const folder = await mkdtemp(join(tmpdir(), "busbar-clock-"));
    t.after(() => rm(folder, { recursive: true }));
    const clock = createShiftedClock(folder);
    const fn = await RecordingFunction.start(({ attempt }, response) => {
      response.writeHead(attempt === 1 ? 500 : 200, attempt === 1 ? { "retry-after": "5" } : {}).end();
    });
    t.after(() => fn.stop());
    const config = `
functions:
  flaky: { http: { url: "${fn.url}" } }
rules:
  all: { eventPattern: { source: [test] }, targets: { flaky: { function: flaky } } }
`;
    const router = await Router.start({ config, env: { ...clock.env, BUSBAR_BROKER: "embedded" } });
    t.after(() => router.remove());

    const { eventIds } = await router.put([{ detail: {} }]);
    const retries = 'busbar_delivery_retries_total{destination="function/flaky",reason="server_error"}';
    await eventually("the retry waits", async () => (await router.metric(retries)) === 1);
    assert.equal(fn.calls.length, 1);
    clock.shift(-HOUR_MS);
    await eventually("the second attempt", () => fn.calls.length === 2, 30_000);
    assert.deepEqual([...fn.eventIds], eventIds);
  });
});
