import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const EVENTS = 400;
const THRESHOLD = 10;
const CONCURRENCY = 5;

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`A function that is out of order for a while, on ${kind}`, () => {
    it("A function with an open circuit is called seldom, and all its deliveries arrive when it answers again", async (t) => {
      const state: { behaviour: Behaviour } = { behaviour: (_call, response) => void response.writeHead(503).end() };
      const broken = await RecordingFunction.start((call, response) => state.behaviour(call, response));
      const healthy = await RecordingFunction.start();
      t.after(() => Promise.all([broken.stop(), healthy.stop()]));
      const queues = ["busbar.function.broken", "busbar.function.healthy"];
      const config = `
functions:
  broken:
    http: { url: "${broken.url}" }
    concurrency: ${CONCURRENCY}
    circuitBreaker: { failureThreshold: ${THRESHOLD}, openSeconds: 1 }
  healthy: { http: { url: "${healthy.url}" } }
rules:
  all: { eventPattern: { source: [test] }, targets: { broken: { function: broken }, healthy: { function: healthy } } }
`;
      const env = { BUSBAR_BROKER: kind === "embedded" ? kind : await freshVhost(t, queues) };
      const router = await Router.start({ config, env });
      t.after(() => router.remove());

      const load = startLoad({ count: EVENTS, routers: [router] });
      await load.done;
      assert.equal(load.accepted.size, EVENTS);
      await eventually("its neighbour got all", () => missing(load.accepted, healthy.eventIds).length === 0, 30_000);
      const openings = 'busbar_circuit_openings_total{destination="function/broken"}';
      await eventually("it was tried twice", async () => (await router.metric(openings)) >= 3, 30_000);
      const calls = broken.calls.length;
      const probes = (await router.metric(openings)) - 1;
      // Those in flight when it opened, one for each try, and one more that may be under way just now.
      assert.ok(calls <= THRESHOLD + CONCURRENCY - 1 + probes + 1, `${calls} calls with ${probes} tries`);
      // Those that were called may wait for their retry, and one pack of ten may be under way; the metric is up to 5 s old.
      const ready = 'busbar_queue_messages_ready{queue="busbar.function.broken"}';
      const waiting = async () => (await router.metric(ready)) >= (EVENTS - broken.calls.length) / 10 - 1;
      await eventually("the others wait in the queue", waiting, 15_000);
      const opened = router.log.filter((line) => line.msg === "circuit opened: deliveries wait");
      assert.deepEqual(
        opened.map((line) => [line["destination"], line["reason"]]),
        [["function/broken", "server_error"]],
      );

      state.behaviour = succeed;
      const failed = broken.calls.length;
      const served = () => broken.calls.slice(failed);
      const servedEvents = () => new Set(served().map((call) => call.eventId));
      await eventually("all arrived", () => missing(load.accepted, servedEvents()).length === 0, 60_000);
      assert.equal(await router.metric('busbar_circuit_open{destination="function/broken"}'), 0);
      assert.equal(router.log.filter((line) => line.msg === "circuit closed").length, 1);
      const firstAttempts = served().filter((call) => call.attempt === 1).length;
      assert.ok(firstAttempts >= EVENTS - failed, "those that waited used no attempt");
    });
  });
}

describe("An API destination that is out of order for a while, with two routers on RabbitMQ", () => {
  it("An API destination with an open circuit is called seldom by both routers, and gets all from one of them at a time when it answers again", async (t) => {
    const state: { behaviour: Behaviour } = { behaviour: (_call, response) => void response.writeHead(503).end() };
    const crm = await RecordingFunction.start((call, response) => state.behaviour(call, response));
    t.after(() => crm.stop());
    const config = `
apiDestinations:
  crm:
    url: "${crm.url}"
    concurrency: ${CONCURRENCY}
    circuitBreaker: { failureThreshold: ${THRESHOLD}, openSeconds: 1 }
rules:
  all: { eventPattern: { source: [test] }, targets: { crm: { apiDestination: crm } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.api-destination.crm"]) };
    const routers = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const openings = async () => {
      const series = 'busbar_circuit_openings_total{destination="api-destination/crm"}';
      return Promise.all(routers.map((router) => router.metric(series)));
    };
    const load = startLoad({ count: EVENTS, routers });
    await load.done;
    await eventually(
      "both routers have found out",
      async () => (await openings()).every((count) => count >= 2),
      30_000,
    );
    const calls = crm.calls.length;
    const probes = (await openings()).reduce((sum, count) => sum + count - 1, 0);
    assert.ok(calls <= 2 * (THRESHOLD + CONCURRENCY) + probes, `${calls} calls with ${probes} tries`);

    state.behaviour = succeed;
    const failed = crm.calls.length;
    const servedEvents = () => new Set(crm.calls.slice(failed).map((call) => call.eventId));
    await eventually("all arrived", () => missing(load.accepted, servedEvents()).length === 0, 60_000);
    const open = async (router: Router) => router.metric('busbar_circuit_open{destination="api-destination/crm"}');
    await eventually("no circuit is open", async () => (await open(routers[0])) + (await open(routers[1])) === 0);
  });
});
