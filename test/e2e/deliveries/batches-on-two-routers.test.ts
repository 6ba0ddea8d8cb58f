import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { eventually } from "../../contract/waiting.ts";
import { suiteEndings } from "../../support/endings.ts";
import type { Call } from "../../support/functions/recording-function.ts";
import { RecordingFunction } from "../../support/functions/recording-function.ts";
import { freshVhost } from "../../support/rabbitmq/rabbitmq.ts";
import { Router } from "../../support/router/router.ts";

interface Given {
  readonly id: string;
  readonly source: string;
}

function eventsOf({ body }: Call): readonly Given[] {
  return body as readonly Given[];
}

function configOf(url: string): string {
  return `
functions:
  collect: { http: { url: "${url}" }, concurrency: 1 }
rules:
  window:
    eventPattern: { source: [window] }
    targets: { c: { function: collect, batch: { size: 4, windowSeconds: 2, groupBy: $.source } } }
  size: { eventPattern: { source: [size] }, targets: { c: { function: collect, batch: { size: 4, windowSeconds: 1 } } } }
  dies: { eventPattern: { source: [dies] }, targets: { c: { function: collect, batch: { size: 4, windowSeconds: 300 } } } }
`;
}

describe("Batches of a function that two routers call, on RabbitMQ", () => {
  let collect: RecordingFunction;
  let routers: readonly [Router, Router];
  /** How many calls have to have begun before one is answered. */
  let unanswered = 1;

  const endings = suiteEndings();
  before(async () => {
    let begun = 0;
    collect = await RecordingFunction.start(async (_call, response) => {
      begun += 1;
      await eventually("the calls that are to be under way at the same time", () => begun >= unanswered);
      response.end("{}");
    });
    endings.after(() => collect.stop());
    const env = { BUSBAR_BROKER: await freshVhost(endings, ["busbar.batch.collect", "busbar.function.collect"]) };
    const config = configOf(collect.url);
    routers = await Promise.all([Router.start({ config, env }), Router.start({ config, env })]);
    endings.after(() => Promise.all(routers.map((router) => router.remove())));
  });

  const put = async (source: string, count: number): Promise<void> => {
    const { status } = await routers[1].put(Array.from({ length: count }, () => ({ source, detail: {} })));
    assert.equal(status, 200);
  };
  /** How many events of a source each call had. */
  const sizesOf = (source: string): readonly number[] =>
    collect.calls
      .map((call) => eventsOf(call).filter((event) => event.source === source).length)
      .filter((size) => size > 0);
  const idsOf = (source: string): ReadonlySet<string> =>
    new Set(
      collect.calls
        .flatMap(eventsOf)
        .filter((event) => event.source === source)
        .map(({ id }) => id),
    );

  it("Each router calls with what it has itself, at the same time as the other one, when its own window is over", async () => {
    unanswered = 2;
    await put("window", 4);
    await eventually("all events are called for", () => idsOf("window").size === 4);
    unanswered = 1;
    const sizes = sizesOf("window");
    assert.equal(sizes.length, 2, "neither router had a full batch");
    assert.equal(sizes[0]! + sizes[1]!, 4);
    for (const router of routers) {
      assert.equal(await router.metricSum("busbar_function_batch_events_count", { end: "window" }), 1);
    }
  });

  it("No batch is larger than one may be, and no event is in two", async () => {
    await put("size", 10);
    await put("size", 10);
    await put("size", 10);
    await eventually("all events are called for", () => idsOf("size").size === 30);
    const sizes = sizesOf("size");
    assert.ok(Math.max(...sizes) <= 4, sizes.join());
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      30,
    );
  });

  it("What a router collects when it dies joins what the other one has", async () => {
    await put("dies", 4);
    await put("size", 1);
    await eventually("what came after it is called for", () => idsOf("size").size === 31);
    assert.deepEqual(sizesOf("dies"), [], "each router has some of the four");
    await routers[0].kill();
    await eventually("a full batch", () => sizesOf("dies").length > 0);
    assert.deepEqual([sizesOf("dies"), idsOf("dies").size], [[4], 4]);
  });
});
