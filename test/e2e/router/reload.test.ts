import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { missing, startLoad } from "../../support/router/load.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { Router } from "../../support/router/router.ts";

const reloaded = (router: Router) => router.log.filter((line) => line.msg === "configuration taken over").length;

describe("A change of the configuration", () => {
  it("A reload that adds, changes and removes rules, functions and queues under load loses no event", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = (extra: string, concurrency: number) => `
functions:
  steady: { http: { url: "${fn.url}" }, concurrency: ${concurrency} }
  ${extra}: { http: { url: "${fn.url}" } }
queues: { ${extra}-wins: {} }
rules:
  all: { eventPattern: { source: [test] }, targets: { steady: { function: steady } } }
  ${extra}: { eventPattern: { source: [${extra}] }, targets: { it: { function: ${extra} }, wins: { queue: ${extra}-wins } } }
`;
    const queues = ["busbar.function.steady", "busbar.function.a", "busbar.function.b", "a-wins", "b-wins"];
    const env = { BUSBAR_BROKER: await freshVhost(t, queues) };
    const router = await Router.start({ config: config("a", 5), env });
    t.after(() => router.remove());

    const load = startLoad({ count: 1_000_000, clients: 4, routers: [router] });
    t.after(() => load.stop());
    for (let round = 1; round <= 6; round++) {
      const before = reloaded(router);
      await router.configure(config(round % 2 === 0 ? "a" : "b", 5 + round));
      await eventually("the change is taken over", () => reloaded(router) > before, 15_000);
      const added = round % 2 === 0 ? "a" : "b";
      const answer = await router.put([{ source: added, detail: { round } }]);
      await eventually("the new rule delivers", () => fn.eventIds.has(String(answer.eventIds[0])), 15_000);
    }
    load.stop();
    await load.done;
    const lost = () => missing(load.accepted, fn.eventIds);
    await eventually("every accepted event arrived", () => lost().length === 0, 60_000).catch(() => undefined);
    assert.deepEqual(lost(), []);
    assert.deepEqual([...load.statuses.keys()], [200]);
  });

  it("A configuration with mistakes changes nothing, and is logged once with each mistake and its place", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const good = `
functions: { f: { http: { url: "${fn.url}" } } }
rules: { all: { eventPattern: { source: [test] }, targets: { f: { function: f } } } }
`;
    const router = await Router.start({ config: good });
    t.after(() => router.remove());
    await router.configure(good.replace("function: f", "function: g").replace("[test]", "test"));
    const refused = () => router.log.filter((line) => line.msg === "configuration not taken over");
    await eventually("the change is refused", () => refused().length > 0, 15_000);
    assert.match(
      JSON.stringify(refused()[0]?.["problems"]),
      /"source.* must be an object or an array.*busbar\.yaml:\d+:\d+/s,
    );

    const answer = await router.put([{ detail: {} }]);
    await eventually("the old rule delivers", () => fn.eventIds.has(String(answer.eventIds[0])));
    assert.equal(refused().length, 1);
    assert.equal(await router.metric("busbar_config_last_reload_successful"), 0);

    await router.configure(`${good}\n# mended`);
    await eventually(
      "the mended one is taken over",
      async () => (await router.metric("busbar_config_last_reload_successful")) === 1,
      15_000,
    );
  });

  it("A change of a function's kind delivers what waits in the queue of the former kind, once", async (t) => {
    const fn = await RecordingFunction.start();
    t.after(() => fn.stop());
    const config = (run: string) => `
functions: { f: { ${run}, timeoutSeconds: 3 } }
rules: { all: { eventPattern: { source: [test] }, targets: { f: { function: f } } } }
`;
    const env = { BUSBAR_BROKER: await freshVhost(t, ["busbar.function.f", "busbar.container.f"]) };
    // Nobody polls, so the first events wait in the queue of the polling kind.
    const router = await Router.start({ config: config("runtimeApi: {}"), env });
    t.after(() => router.remove());
    const early = await router.put([{ detail: { n: 1 } }, { detail: { n: 2 } }]);
    await router.configure(config(`container: { url: "${fn.url}" }`));
    await eventually("the change is taken over", () => reloaded(router) > 1, 15_000);
    const late = await router.put([{ detail: { n: 3 } }]);
    await eventually("all three arrived", () => fn.calls.length === 3, 30_000);
    assert.deepEqual(fn.eventIds, new Set([...early.eventIds, ...late.eventIds]));
  });
});
