import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { observe, sampleAttempt, stockDelivery, valueOf } from "../../../support/observe/observe.ts";
import { sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";

const METRIC = "busbar_destination_oldest_wait_seconds";
const LABELS = { destination: "function/stock" };

/** More than depths are kept. */
const SCRAPE_MS = 15_000;

const CONFIG = sampleConfig({
  functions: [sampleFunction("stock")],
  rules: [sampleRule("orders", { source: ["shop"] }, [sampleTarget("stock", { kind: "function", name: "stock" })])],
});

/** A router that was configured at 0, and what each scrape finds in the queue. */
function watched() {
  const { observation, clock } = observe();
  let ready: number | undefined = 0;
  observation.watchQueues((queue) =>
    Promise.resolve(queue === "busbar.function.stock" && ready !== undefined ? { ready, consumers: 1 } : undefined),
  );
  observation.follow(CONFIG);
  const scrapeAt = (nowMs: number, readyThen: number | undefined): Promise<number | undefined> => {
    clock.nowMs = nowMs;
    ready = readyThen;
    return valueOf(observation, METRIC, LABELS);
  };
  return { observation, scrapeAt };
}

describe("the oldest wait of a destination", () => {
  it("The oldest wait is 0 while nothing is ready, and unknown while the depth is", async () => {
    const { scrapeAt } = watched();
    assert.equal(await scrapeAt(SCRAPE_MS, 0), 0);
    assert.equal(await scrapeAt(2 * SCRAPE_MS, undefined), undefined);
  });

  it("The oldest wait grows while messages are ready and nothing is called, from when the queue was last empty", async () => {
    const { scrapeAt } = watched();
    await scrapeAt(100_000, 0);
    assert.equal(await scrapeAt(115_000, 1), 15);
    assert.equal(await scrapeAt(3_700_000, 4), 3_600);
    assert.equal(await scrapeAt(3_800_000, 0), 0);
    assert.equal(await scrapeAt(3_815_000, 2), 15);
  });

  it("The oldest wait is the age of the delivery called last, and the time since", async () => {
    const { observation, scrapeAt } = watched();
    observation.observer.invocationStarted(stockDelivery({ firstAtMs: -7_200_000 }));
    assert.equal(await scrapeAt(60_000, 9), 7_260);
    observation.observer.invocationStarted(stockDelivery({ firstAtMs: 30_000 }));
    assert.equal(await scrapeAt(90_000, 8), 60);
  });

  it("The oldest wait does not follow from a retry, nor from another destination's call", async () => {
    const { observation, scrapeAt } = watched();
    await scrapeAt(100_000, 0);
    observation.observer.invocationStarted(stockDelivery({ firstAtMs: -7_200_000, attempt: 2 }));
    const other = { kind: "api-destination", name: "stock" } as const;
    observation.observer.invocationStarted(stockDelivery({ firstAtMs: -7_200_000, destination: other }));
    assert.equal(await scrapeAt(115_000, 1), 15);
  });

  it("The oldest wait of a queue that this router never saw empty counts from its start, and a reload does not end it", async () => {
    const { observation, scrapeAt } = watched();
    assert.equal(await scrapeAt(60_000, 5), 60);
    observation.follow(CONFIG);
    assert.equal(await scrapeAt(120_000, 5), 120);
  });

  it("The oldest wait is never negative, however clocks differ", async () => {
    const { observation, scrapeAt } = watched();
    observation.observer.invocationStarted(stockDelivery({ firstAtMs: 70_000 }));
    assert.equal(await scrapeAt(60_000, 1), 0);
  });

  it("The oldest wait goes with its destination", async () => {
    const { observation, scrapeAt } = watched();
    observation.follow(sampleConfig({}));
    observation.observer.invocationStarted(stockDelivery());
    observation.observer.attempt(sampleAttempt());
    assert.equal(await scrapeAt(60_000, 5), undefined);
  });
});
