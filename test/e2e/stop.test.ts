import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually, within } from "../contract/waiting.ts";
import { startLoad } from "../support/load.ts";
import { freshVhost } from "../support/rabbitmq.ts";
import { RecordingFunction, succeed } from "../support/recording-function.ts";
import { Router } from "../support/router.ts";

function config(url: string, timeoutSeconds = 3): string {
  return `
functions:
  slow: { http: { url: "${url}" }, concurrency: 10, timeoutSeconds: ${timeoutSeconds} }
rules:
  all: { eventPattern: { source: [test] }, targets: { slow: { function: slow } } }
`;
}

/** With a function that refuses its events: they are dead letters at once. */
function configRefused(url: string, refusingUrl: string): string {
  return `
functions:
  slow: { http: { url: "${url}" }, timeoutSeconds: 60 }
  refusing: { http: { url: "${refusingUrl}" } }
rules:
  all: { eventPattern: { source: [test] }, targets: { slow: { function: slow } } }
  refused: { eventPattern: { source: [refused] }, targets: { refusing: { function: refusing } } }
`;
}

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`A stop, on ${kind}`, () => {
    const broker = (t: { after: (fn: () => Promise<void>) => void }) =>
      kind === "embedded"
        ? Promise.resolve("embedded")
        : freshVhost(t, ["busbar.function.slow", "busbar.function.refusing"]);

    it("A stop finishes the calls in flight, exits with 0, and repeats no finished delivery", async (t) => {
      const fn = await RecordingFunction.start(async (call, response) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        await succeed(call, response);
      });
      t.after(() => fn.stop());
      const router = await Router.start({ config: config(fn.url), env: { BUSBAR_BROKER: await broker(t) } });
      t.after(() => router.remove());
      const load = startLoad({ count: 100, routers: [router] });
      await load.done;
      await eventually("ten calls are in flight", () => fn.calls.length >= 10);

      assert.equal(await router.stop(), 0);
      const calledBefore = fn.calls.length;
      assert.ok(calledBefore < 100, "the stop came before the end");
      await router.launch();
      await eventually("the rest is delivered", () => fn.eventIds.size === 100, 30_000);
      assert.equal(fn.calls.length, 100);
      assert.ok(fn.calls.every((call) => call.attempt === 1));
    });

    it("A stop gives back a delivery that does not finish in time, and makes no suspect of it", async (t) => {
      let hang = true;
      const fn = await RecordingFunction.start((call, response) => (hang ? undefined : succeed(call, response)));
      t.after(() => fn.stop());
      const env = { BUSBAR_BROKER: await broker(t), BUSBAR_DRAIN_SECONDS: "1" };
      const router = await Router.start({ config: config(fn.url, 60), env });
      t.after(() => router.remove());
      await router.put([{ detail: { index: 1 } }]);
      await eventually("the call hangs", () => fn.calls.length === 1);

      assert.equal(await router.stop(), 0);
      hang = false;
      await router.launch();
      await eventually("it is delivered again", () => fn.calls.length === 2, 15_000);
      assert.equal(fn.calls[1]?.deliveryId, fn.calls[0]?.deliveryId);
      assert.equal(fn.calls[1]?.attempt, 1);
      assert.equal(await router.metric('busbar_suspects_total{destination="function/slow"}'), 0);
    });

    it("A stop ends a redrive at once, while a call is in flight", async (t) => {
      const answering = Promise.withResolvers<undefined>();
      const fn = await RecordingFunction.start(async (call, response) => {
        await answering.promise;
        await succeed(call, response);
      });
      const refusing = await RecordingFunction.start((_call, response) => void response.writeHead(400).end());
      t.after(() => Promise.all([fn.stop(), refusing.stop()]));
      const config = configRefused(fn.url, refusing.url);
      const router = await Router.start({ config, env: { BUSBAR_BROKER: await broker(t) } });
      t.after(() => router.remove());
      await router.put(Array.from({ length: 10 }, () => ({ source: "refused", detail: {} })));
      await eventually("all are dead", async () => (await router.depth("busbar.dead-letter")) === 10);
      await router.put([{ detail: {} }]);
      await eventually("a call is in flight", () => fn.calls.length === 1);
      const url = `${router.adminUrl}/api/v1/dead-letters/busbar.dead-letter/redrive?ratePerSecond=1`;
      const redriving = await fetch(url, { method: "POST" });

      const exitCode = router.stop();
      const text = await within("the redrive ends", redriving.text(), 5_000);
      const { end, problem } = JSON.parse(text.trim().split("\n").at(-1) ?? "") as { end: string; problem: string };
      assert.deepEqual([end, problem], ["failed", "the router is stopping"]);
      answering.resolve(undefined);
      assert.equal(await exitCode, 0);
    });

    it("A stop is immediate on the second signal", async (t) => {
      const fn = await RecordingFunction.start(() => undefined);
      t.after(() => fn.stop());
      const router = await Router.start({ config: config(fn.url, 60), env: { BUSBAR_BROKER: await broker(t) } });
      t.after(() => router.remove());
      await router.put([{ detail: {} }]);
      await eventually("the call hangs", () => fn.calls.length === 1);
      const exitCode = router.stop();
      await eventually("the first signal was seen", () => router.log.some((line) => line.msg.startsWith("stopping")));
      const signalledAtMs = performance.now();
      router.signal("SIGTERM");
      assert.equal(await exitCode, 130);
      assert.ok(performance.now() - signalledAtMs < 2_000);
    });
  });
}
