import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { PollingEnvironment } from "../../support/functions/environment.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const QUEUES = ["busbar.function.work", "busbar.function.polled", "busbar.function.sentinel"];

describe("A paused destination", () => {
  it("A paused destination is called by no router, also after a restart of all, and gets everything when it is resumed", async (t) => {
    const [work, sentinel] = [await RecordingFunction.start(), await RecordingFunction.start()];
    t.after(() => Promise.all([work.stop(), sentinel.stop()]));
    const env = { BUSBAR_BROKER: await freshVhost(t, QUEUES) };
    const config = configOf(work.url, sentinel.url);
    const routers = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    t.after(() => Promise.all(routers.map((router) => router.remove())));
    const [one, two] = routers;
    const early = 20;
    await deliveredTo(work, one, early);

    await change(one, "PUT", "function/work?reason=repairs");
    await change(one, "PUT", "function/polled");
    await eventually("both know", async () => (await pausedOn(one)) === 1 && (await pausedOn(two)) === 1);
    const accepted: string[] = [];
    const calls = work.calls.length;
    const environment = new PollingEnvironment("polled", [two.runtimeApiPort], 0);
    const polling = environment.run();
    for (const router of routers) accepted.push(...(await put(router, 30)));
    await passed(sentinel, routers);
    assert.equal(work.calls.length, calls);
    assert.deepEqual(environment.requestIds, []);
    // Deliveries for a function that is called may travel as packs, and a pack counts as one message.
    const filled = async () => (await ready(two, "polled")) === early + 60 && (await ready(two, "work")) >= 6;
    await eventually("the queues fill", filled, 30_000);

    await one.stop();
    await two.kill();
    environment.stop();
    await polling;
    await Promise.all(routers.map((router) => router.launch()));
    assert.deepEqual([await pausedOn(one), await pausedOn(two)], [1, 1]);
    const again = new PollingEnvironment("polled", [one.runtimeApiPort], 0);
    const pollingAgain = again.run();
    for (const router of routers) accepted.push(...(await put(router, 10)));
    await passed(sentinel, routers);
    assert.equal(work.calls.length, calls, "nothing was delivered after the restart");
    assert.deepEqual(again.requestIds, []);

    await change(two, "DELETE", "function/work");
    await change(two, "DELETE", "function/polled");
    await eventually("all are delivered", () => accepted.every((id) => work.eventIds.has(id)), 60_000);
    await eventually("the polls go on", () => again.requestIds.length === early + accepted.length, 60_000);
    assert.equal(work.calls.length, calls + accepted.length, "once each");
    again.stop();
    await Promise.all(routers.map((router) => router.stop()));
    await pollingAgain;
  });

  it("A paused destination stays paused in the embedded store through a crash", async (t) => {
    const [work, sentinel] = [await RecordingFunction.start(), await RecordingFunction.start()];
    t.after(() => Promise.all([work.stop(), sentinel.stop()]));
    const router = await Router.start({ config: configOf(work.url, sentinel.url) });
    t.after(() => router.remove());
    await change(router, "PUT", "function/work");
    const accepted = await put(router, 20);
    await router.kill();
    await router.launch();
    await passed(sentinel, [router]);
    assert.equal(work.calls.length, 0);
    await change(router, "DELETE", "function/work");
    await eventually("all are delivered", () => accepted.every((id) => work.eventIds.has(id)), 30_000);
    assert.equal(work.calls.length, accepted.length);
  });

  it("A destination that the configuration pauses goes on when the configuration no longer does", async (t) => {
    const [work, sentinel] = [await RecordingFunction.start(), await RecordingFunction.start()];
    t.after(() => Promise.all([work.stop(), sentinel.stop()]));
    const router = await Router.start({ config: configOf(work.url, sentinel.url, "paused: true") });
    t.after(() => router.remove());
    const accepted = await put(router, 20);
    await passed(sentinel, [router]);
    assert.equal(work.calls.length, 0);
    const refused = await fetch(`${router.adminUrl}/api/v1/paused/function/work`, { method: "DELETE" });
    assert.equal(refused.status, 409);

    await router.configure(configOf(work.url, sentinel.url));
    await eventually("all are delivered", () => accepted.every((id) => work.eventIds.has(id)), 30_000);
    await router.configure(configOf(work.url, sentinel.url, "paused: true"));
    await eventually("it is paused again", async () => (await pausedOn(router)) === 1);
    const calls = work.calls.length;
    assert.equal(calls, accepted.length);
    await put(router, 5);
    await passed(sentinel, [router]);
    assert.equal(work.calls.length, calls);
  });
});

function configOf(workUrl: string, sentinelUrl: string, extra = ""): string {
  return `
functions:
  work:
    http: { url: "${workUrl}" }
    ${extra}
  polled: { runtimeApi: {}, timeoutSeconds: 30 }
  sentinel: { http: { url: "${sentinelUrl}" } }
rules:
  all: { eventPattern: { source: [work] }, targets: { work: { function: work }, polled: { function: polled } } }
  last: { eventPattern: { source: [sentinel] }, targets: { it: { function: sentinel } } }
`;
}

async function change(router: Router, method: "PUT" | "DELETE", path: string): Promise<void> {
  const response = await fetch(`${router.adminUrl}/api/v1/paused/${path}`, { method });
  assert.equal(response.status, 200, await response.text());
}

const pausedOn = (router: Router) => router.metric('busbar_destination_paused{destination="function/work"}');

const ready = (router: Router, name: string) =>
  router.metric(`busbar_queue_messages_ready{queue="busbar.function.${name}"}`);

/** Puts events for the destinations that are paused. Resolves with the ids of those accepted, which must be all. */
async function put(router: Router, count: number, source = "work"): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n += 10) {
    const { eventIds } = await router.put(
      Array.from({ length: Math.min(10, count - n) }, () => ({ source, detail: { n } })),
    );
    ids.push(...eventIds.map(String));
  }
  return ids;
}

/** Sends something after it through each router: what was to be delivered before has been. */
async function passed(sentinel: RecordingFunction, routers: readonly Router[]): Promise<void> {
  for (const router of routers) await deliveredTo(sentinel, router, 10, "sentinel");
}

async function deliveredTo(fn: RecordingFunction, router: Router, count: number, source = "work"): Promise<void> {
  const ids = await put(router, count, source);
  await eventually("they are delivered", () => ids.every((id) => fn.eventIds.has(id)), 30_000);
}
