import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const EVENTS = 3_000;

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`A crash of the router, on ${kind}`, () => {
    it("A router that is killed twice under load delivers every accepted event after its restart", async (t) => {
      const fn = await RecordingFunction.start();
      t.after(() => fn.stop());
      const broker = kind === "embedded" ? "embedded" : await freshVhost(t, ["busbar.function.counter"]);
      const config = `
functions:
  counter: { http: { url: "${fn.url}" }, concurrency: 50 }
rules:
  all: { eventPattern: { source: [test] }, targets: { counter: { function: counter } } }
`;
      const router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
      t.after(() => router.remove());

      // What is put while the router is down counts for nothing, however long that takes.
      const load = startLoad({ count: Infinity, routers: [router] });
      for (const share of [0.2, 0.5]) {
        await eventually("a share was accepted", () => load.accepted.size > EVENTS * share, 60_000);
        await router.kill();
        await router.launch();
      }
      await eventually("all were accepted", () => load.accepted.size >= EVENTS, 60_000);
      load.stop();
      await load.done;

      const lost = () => missing(load.accepted, fn.eventIds);
      await eventually("every accepted event arrived", () => lost().length === 0, 60_000).catch(() => undefined);
      assert.deepEqual(lost(), []);
      assert.equal(await router.depth("busbar.parked"), 0);
    });
  });
}
