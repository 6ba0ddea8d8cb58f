import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import { startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const RATE = 50;
/** A tenth of a second's worth. */
const BURST = 5;
const CALLS = 600;
const DONE = 'busbar_delivery_attempts_total{destination="api-destination/crm",outcome="success"}';

describe("An API destination's rate, with two routers on one RabbitMQ", () => {
  const endings = suiteEndings();

  it("An API destination's rate is kept for slow calls, through a reload, and when the other router takes over", async () => {
    const crm = await RecordingFunction.start(async (_call, response) => {
      await sleep(250);
      response.end("{}");
    });
    endings.after(() => crm.stop());
    const config = (description: string): string => `
apiDestinations:
  crm:
    description: ${description}
    url: "${crm.url}"
    invocationRateLimitPerSecond: ${RATE}
    concurrency: 100
rules:
  all: { eventPattern: { source: [test] }, targets: { crm: { apiDestination: crm } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(endings, ["busbar.api-destination.crm"]) };
    const routers = await Promise.all([1, 2].map(() => Router.start({ config: config("before"), env })));
    endings.after(() => Promise.all(routers.map((router) => router.remove())));
    const stalls = monitorEventLoopDelay({ resolution: 10 });
    stalls.enable();
    await startLoad({ count: CALLS, routers }).done;

    const calledBefore = crm.calls.length;
    await eventually("it is at it for four seconds", () => crm.calls.length >= calledBefore + 4 * RATE, 30_000);
    await Promise.all(routers.map((router) => router.configure(config("after"))));
    await eventually("the reloads are over", () => routers.every(hasReloaded));
    const counts = await Promise.all(routers.map((router) => router.metric(DONE)));
    const [active, other] = counts[0]! > counts[1]! ? routers : routers.toReversed();
    assert.ok(active !== undefined && other !== undefined);
    await active.stop();
    await eventually("every event was called for", () => crm.eventIds.size === CALLS, 60_000);

    assert.ok((await other.metric(DONE)) > 0, "the other router took over");
    // What this process sees late, for being kept from running itself, it takes for close together.
    stalls.disable();
    const lateSeconds = stalls.max / 1e9;
    const times = crm.calls.map((call) => call.atMs);
    const seconds = (times.at(-1)! - times[0]!) / 1_000 + lateSeconds;
    assert.ok(times.length <= RATE * seconds * 1.05 + BURST + 1, `${times.length} calls in ${seconds} s`);
    const most = Math.max(...times.map((fromMs) => times.filter((at) => at >= fromMs && at < fromMs + 1_000).length));
    // The routers are kept from running as well, between a call's turn and its bytes: two that did not mind each other
    // would make twice the rate.
    assert.ok(most <= RATE * (1.25 + lateSeconds) + BURST, `${most} calls in one second, ${lateSeconds} s late`);
  });
});

/** Its start took a configuration over as well. */
function hasReloaded(router: Router): boolean {
  return router.log.filter((line) => line.msg === "configuration taken over").length > 1;
}
