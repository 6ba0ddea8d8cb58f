import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import type { Behaviour } from "../../support/functions/recording-function.ts";
import { RecordingFunction, succeed } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const NEIGHBOURS = 30;

const isPoison = (body: unknown) => (body as { detail: { poison?: boolean } }).detail.poison === true;

for (const kind of ["embedded", "RabbitMQ"] as const) {
  describe(`A message that kills the router whenever it is delivered, on ${kind}`, () => {
    it("A message that kills the router at each delivery is parked after a few crashes, and its neighbours are delivered", async (t) => {
      // The poison's call never ends: the router is killed while it is being made, as a crash on it would do.
      const behaviour: Behaviour = (call, response) => (isPoison(call.body) ? undefined : succeed(call, response));
      const fn = await RecordingFunction.start(behaviour);
      t.after(() => fn.stop());
      const broker = kind === "embedded" ? "embedded" : await freshVhost(t, ["busbar.function.f"]);
      const config = `
functions: { f: { http: { url: "${fn.url}" }, timeoutSeconds: 60 } }
rules: { all: { eventPattern: { source: [test] }, targets: { f: { function: f } } } }
`;
      const router = await Router.start({ config, env: { BUSBAR_BROKER: broker } });
      t.after(() => router.remove());

      const poisoned = await router.put([{ detail: { poison: true } }]);
      const neighbours = new Set<string | undefined>();
      for (let put = 0; put < NEIGHBOURS; put += 10) {
        const answer = await router.put(Array.from({ length: 10 }, (_, index) => ({ detail: { index } })));
        for (const id of answer.eventIds) neighbours.add(id);
      }

      const poisonCalls = () => fn.calls.filter((call) => isPoison(call.body)).length;
      for (let crash = 1; (await router.depth("busbar.parked")) === 0; crash++) {
        assert.ok(crash <= 6, "it is parked after a few crashes");
        await eventually("the poison is tried, or parked", async () => {
          return poisonCalls() >= crash || (await router.depth("busbar.parked")) === 1;
        });
        if ((await router.depth("busbar.parked")) === 1) break;
        await router.kill();
        await router.launch();
      }

      const [parked] = await router.receive("busbar.parked");
      assert.equal((JSON.parse(parked?.body ?? "{}") as { id?: string }).id, poisoned.eventIds[0]);
      await eventually("the neighbours arrived", () => [...neighbours].every((id) => fn.eventIds.has(String(id))));
      assert.equal(await router.metric('busbar_parked_messages_total{reason="crashed"}'), 1);
    });
  });
}
