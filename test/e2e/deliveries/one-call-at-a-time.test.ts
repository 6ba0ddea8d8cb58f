import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { LambdaEmulator } from "../../support/functions/lambda-emulator.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

const EVENTS = 200;

describe("A container that two overlapping calls would crash, with two routers on RabbitMQ", () => {
  it("A container gets one call at a time, also while its router stops and the other takes over", async (t) => {
    const emulator = await LambdaEmulator.start(20);
    t.after(() => emulator.stop());
    const config = `
functions:
  legacy: { container: { url: "${emulator.url}" }, timeoutSeconds: 10 }
rules:
  all: { eventPattern: { source: [test] }, targets: { legacy: { function: legacy } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.container.legacy"]) };
    const [one, two] = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all([one.remove(), two.remove()]));

    const called = () => new Set(emulator.events.map((event) => (event as { id: string }).id));
    const succeeded = (router: Router) =>
      router.metric('busbar_delivery_attempts_total{destination="function/legacy",outcome="success"}');
    const load = startLoad({ count: EVENTS, routers: [one, two] });
    await load.done;
    assert.equal(load.accepted.size, EVENTS);
    await eventually("some were delivered", () => emulator.events.length > 50);
    const [active, standby] = (await succeeded(one)) > 0 ? [one, two] : [two, one];
    assert.equal(await succeeded(standby), 0);

    // Long enough for the other router to come in while the last call is still being made.
    emulator.callMs = 500;
    const before = emulator.events.length;
    await eventually("such a call is being made", () => emulator.events.length > before + 1);
    const stopped = active.stop();
    emulator.callMs = 20;
    assert.equal(await stopped, 0);
    const delivered = () => missing(load.accepted, called()).length === 0;
    await eventually("every event was delivered", delivered, 30_000);

    assert.equal(emulator.crashes, 0);
    assert.equal(emulator.events.length, EVENTS);
    await eventually("the other router took over", async () => (await succeeded(standby)) > 0);
  });

  it("A container gets one call at a time, also while two routers empty the queue of its former kind", async (t) => {
    const emulator = await LambdaEmulator.start(20);
    t.after(() => emulator.stop());
    const config = (run: string): string => `
functions: { f: { ${run}, timeoutSeconds: 10 } }
rules: { all: { eventPattern: { source: [test] }, targets: { f: { function: f } } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.f", "busbar.container.f"]) };
    // Nobody polls, so everything waits in the queue of the polling kind.
    const start = () => Router.start({ config: config("runtimeApi: {}"), env });
    const routers = await Promise.all([start(), start()]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const load = startLoad({ count: EVENTS, routers });
    await load.done;
    await Promise.all(routers.map((router) => router.configure(config(`container: { url: "${emulator.url}" }`))));
    const called = () => new Set(emulator.events.map((event) => (event as { id: string }).id));
    await eventually("every event was delivered", () => missing(load.accepted, called()).length === 0, 60_000);
    assert.equal(emulator.crashes, 0);
    assert.equal(emulator.events.length, EVENTS);
  });
});
