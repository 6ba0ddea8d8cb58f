import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lifecycle } from "../../../src/app/lifecycle.ts";

describe("a stop", () => {
  it("A stop undoes the starts in the opposite order", async () => {
    const stopped: string[] = [];
    const lifecycle = new Lifecycle(() => assert.fail("no problem was expected"));
    for (const name of ["broker", "consumers", "server"]) lifecycle.onStop(name, () => void stopped.push(name));
    await lifecycle.stop(1_000);
    assert.deepEqual(stopped, ["server", "consumers", "broker"]);
  });

  it("A stop goes on when a part fails or hangs, and names it", async () => {
    const stopped: string[] = [];
    const problems: string[] = [];
    const lifecycle = new Lifecycle((step, error) => problems.push(`${step}: ${String(error)}`));
    lifecycle.onStop("broker", () => void stopped.push("broker"));
    lifecycle.onStop("failing", () => Promise.reject(new Error("no")));
    lifecycle.onStop("hanging", () => new Promise(() => undefined));
    await lifecycle.stop(20);
    assert.deepEqual(stopped, ["broker"]);
    assert.deepEqual(problems, [
      "hanging: TimeLimitError: stopping hanging took longer than 20 ms",
      "failing: Error: no",
    ]);
  });

  it("A stop happens once", async () => {
    let stops = 0;
    const lifecycle = new Lifecycle(() => undefined);
    lifecycle.onStop("part", () => {
      stops++;
    });
    await lifecycle.stop(1_000);
    await lifecycle.stop(1_000);
    assert.equal(stops, 1);
  });
});
