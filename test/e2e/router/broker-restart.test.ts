import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { startRabbitMq } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const QUEUE_AGE_MS = 3_000;

describe("A restart of RabbitMQ", () => {
  it("A restart of RabbitMQ under load loses no accepted event, and deliveries resume within 5 s of its return", async (t) => {
    const rabbitMq = await startRabbitMq();
    t.after(() => rabbitMq.remove());
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = `
functions:
  counter: { http: { url: "${fn.url}" }, concurrency: 20 }
rules:
  all: { eventPattern: { source: [test] }, targets: { counter: { function: counter } } }
`;
    const router = await Router.start({ config, env: { BUSBAR_BROKER: rabbitMq.url } });
    t.after(() => router.remove());

    const load = startLoad({ count: Infinity, clients: 4, perSecond: 500, routers: [router] });
    t.after(() => load.stop());
    // A single RabbitMQ node writes its list of queues half a second late: killed before that, it forgets a new queue.
    const agedAtMs = performance.now() + QUEUE_AGE_MS;
    await eventually("load is flowing", () => fn.calls.length > 500 && performance.now() > agedAtMs, 30_000);
    await rabbitMq.kill();
    await eventually("puts are refused with 503", () => (load.statuses.get(503) ?? 0) > 0, 30_000);
    const before = fn.calls.length;
    await rabbitMq.start();
    const backAtMs = performance.now();
    await eventually("deliveries go on", () => fn.calls.length > before + 100, 5_000);
    t.diagnostic(`deliveries resumed ${Math.round(performance.now() - backAtMs)} ms after the broker's return`);
    load.stop();
    await load.done;

    assert.deepEqual(
      [...load.statuses.keys()].filter((status) => status !== 200 && status !== 503),
      [],
    );
    const lost = () => missing(load.accepted, fn.eventIds);
    await eventually("every accepted event arrived", () => lost().length === 0, 60_000).catch(() => undefined);
    assert.deepEqual(lost(), []);
  });
});
