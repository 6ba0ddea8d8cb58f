import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ReservedConcurrency } from "../../../../src/flow/lending/reserved-concurrency.ts";
import { sampleConfig, sampleFunction } from "../../../support/sample.ts";

const NEVER = new AbortController().signal;

/** The permits of `work` at a router that is alone at its broker, and the configurations that it follows. */
function setUp(reservedConcurrency: number) {
  const configOf = (reserved?: number) => {
    const changes = { ...(reserved === undefined ? {} : { reservedConcurrency: reserved }) };
    return sampleConfig({ functions: [sampleFunction("work", changes)] });
  };
  const state = { config: configOf(reservedConcurrency) };
  const unused = (): never => assert.fail("a router that is alone asks nobody");
  const reserved = new ReservedConcurrency({
    broker: {
      publish: unused,
      declare: unused,
      consume: unused,
      broadcast: unused,
      send: unused,
      onBroadcast: unused,
      address: undefined,
    },
    config: () => state.config,
    isOnlyRouter: true,
    nowMs: () => 0,
    steadyMs: () => 0,
    newId: () => "router",
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error))),
    onError: (error) => assert.fail(String(error)),
  });
  const follow = (next?: number): void => {
    state.config = configOf(next);
    reserved.follow(state.config);
  };
  const permits = () => reserved.of("work") ?? assert.fail("its concurrency is reserved");
  return { permits, follow };
}

describe("The permits of a router that is alone at its broker", () => {
  it("go to those who wait once a configuration has more of them", async () => {
    const { permits, follow } = setUp(1);
    assert.ok(permits().tryTake());
    const waiting = permits().take(600_000, NEVER);
    follow(2);
    assert.equal(await waiting, true);
    assert.equal(permits().tryTake(), false);
  });

  it("are waited for by nobody once the configuration says nothing of them", async () => {
    const { permits, follow } = setUp(1);
    assert.ok(permits().tryTake());
    const waiting = permits().take(600_000, NEVER);
    follow();
    assert.equal(await waiting, false);
  });
});
