import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import type { JobAnswer } from "../../../src/admin-api/queues/jobs.ts";
import { eventually, within } from "../../contract/waiting.ts";
import { startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

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

    it("A stop interrupts a redrive while a call is in flight, and the next start carries it on", async (t) => {
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
      const { id } = (await (await fetch(url, { method: "POST" })).json()) as JobAnswer;

      const exitCode = router.stop();
      answering.resolve(undefined);
      assert.equal(await within("the router ends", exitCode, 8_000), 0);
      await router.launch();
      const job = async (): Promise<JobAnswer> =>
        (await (await fetch(`${router.adminUrl}/api/v1/jobs/${id}`)).json()) as JobAnswer;
      assert.ok((await job()).removed < 10, "at one a second it cannot have ended");
      await fetch(`${router.adminUrl}/api/v1/jobs/${id}?ratePerSecond=none`, { method: "PATCH" });
      await eventually("all are redriven", async () => (await job()).removed === 10, 30_000);
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

describe("A bench or test that is ended by a signal", () => {
  it(
    "A bench that is ended by SIGINT alone ends its routers, and deletes their folders",
    { timeout: 90_000 },
    async (t) => {
      const script = `
      import { Router } from "./test/support/router/router.ts";
      const { pid, folder } = await Router.start({ config: "eventBuses: { default: {} }", env: { BUSBAR_BROKER: "embedded" } });
      console.log(JSON.stringify({ pid, folder }));
      setInterval(() => undefined, 1_000);`;
      const bench = spawn(process.execPath, ["--input-type=module", "--eval", script], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      t.after(() => bench.kill("SIGKILL"));
      const [line] = (await within("the router has started", once(bench.stdout, "data"))) as [Buffer];
      const { pid, folder } = JSON.parse(line.toString()) as { readonly pid: number; readonly folder: string };
      const exited = once(bench, "exit");
      bench.kill("SIGINT");
      await within("the bench has ended", exited);
      await eventually("its router has ended", () => !isRunning(pid));
      assert.ok(!existsSync(folder));
    },
  );
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
