import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { PollingEnvironment } from "../../support/functions/environment.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

describe("Two routers on one RabbitMQ", () => {
  it("Two routers share the work, and survive the loss of either", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = `
functions:
  shared: { http: { url: "${fn.url}" }, concurrency: 5 }
rules:
  all: { eventPattern: { source: [test] }, targets: { shared: { function: shared } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.shared"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));

    const load = startLoad({ count: 4_000, routers: [one, two] });
    const attempts = 'busbar_delivery_attempts_total{destination="function/shared",outcome="success"}';
    await eventually(
      "both deliver",
      async () => (await one.metric(attempts)) > 50 && (await two.metric(attempts)) > 50,
      30_000,
    );
    await one.kill();
    await eventually("the other goes on", () => load.accepted.size > 1_500, 30_000);
    await one.launch();
    await two.kill();
    await load.done;

    const lost = () => missing(load.accepted, fn.eventIds);
    await eventually("every accepted event arrived", () => lost().length === 0, 60_000).catch(() => undefined);
    assert.deepEqual(lost(), []);
  });

  it("Two routers behind a balancer give a polling function 1,000 invocations once each", async (t) => {
    const config = `
functions:
  audit: { runtimeApi: {}, timeoutSeconds: 30 }
rules:
  all: { eventPattern: { source: [test] }, targets: { audit: { function: audit } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.audit"]) };
    const routers = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const ports = routers.map((router) => router.runtimeApiPort);
    // The first polls at router one and answers at router two, the second the other way round.
    const environments = [0, 1, 0, 1].map((turn) => new PollingEnvironment("audit", ports, turn));
    const running = environments.map((environment) => environment.run());

    const load = startLoad({ count: 1_000, routers });
    await load.done;
    const seen = () => environments.flatMap((environment) => environment.requestIds);
    await eventually("1,000 invocations", () => seen().length >= 1_000, 90_000);
    const settled = async () => {
      const series = 'busbar_delivery_attempts_total{destination="function/audit",outcome="success"}';
      const counts = await Promise.all(routers.map((router) => router.metric(series)));
      return counts.reduce((sum, count) => sum + count, 0);
    };
    await eventually("1,000 are settled", async () => (await settled()) === 1_000, 30_000);
    for (const environment of environments) environment.stop();
    await Promise.all(routers.map((router) => router.stop()));
    await Promise.all(running);

    assert.equal(seen().length, 1_000);
    assert.equal(new Set(seen()).size, 1_000);
    assert.deepEqual(
      environments.flatMap((environment) => environment.refusals),
      [],
    );
  });
});
