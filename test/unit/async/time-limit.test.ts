import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { waitFor, within } from "../../../src/async/time-limit.ts";

const NEVER_ENDS = new Promise<string>(() => undefined);

describe("time limits", () => {
  it("A time limit lets the result of work through that ends in time, and its failure", async () => {
    assert.equal(await waitFor(Promise.resolve("done"), 1_000), "done");
    assert.equal(await within(1_000, "working", Promise.resolve("done")), "done");
    const failure = new Error("failed");
    await assert.rejects(waitFor(Promise.reject(failure), 1_000), failure);
    await assert.rejects(within(1_000, "working", Promise.reject(failure)), failure);
  });

  it("A time limit ends a wait with undefined, or with an error that names the work", async () => {
    assert.equal(await waitFor(NEVER_ENDS, 1), undefined);
    await assert.rejects(within(1, "working", NEVER_ENDS), {
      name: "TimeLimitError",
      message: "working took longer than 1 ms",
    });
  });

  it("A time limit drops what the work comes to later, a failure included", async () => {
    const work = Promise.withResolvers<never>();
    assert.equal(await waitFor(work.promise, 1), undefined);
    await assert.rejects(within(1, "working", work.promise));
    work.reject(new Error("late"));
  });

  it("A time limit rejects with the reason of a signal that fires, or has fired before", async () => {
    const { signal, abort } = abortable();
    const wait = waitFor(NEVER_ENDS, 60_000, { signal });
    abort();
    await assert.rejects(wait, { name: "AbortError" });
    await assert.rejects(waitFor(Promise.resolve("done"), 60_000, { signal }), { name: "AbortError" });
  });

  it("A time limit calls onGiveUp once, in the turn in which the wait ends, and not when the work has ended", async () => {
    const calls: string[] = [];
    const { signal, abort } = abortable();
    const wait = waitFor(NEVER_ENDS, 60_000, { signal, onGiveUp: () => calls.push("aborted") });
    abort();
    assert.deepEqual(calls, ["aborted"]);
    await assert.rejects(wait);
    await waitFor(NEVER_ENDS, 1, { onGiveUp: () => calls.push("late") });
    await waitFor(Promise.resolve("done"), 1, { onGiveUp: () => calls.push("ended") });
    assert.deepEqual(calls, ["aborted", "late"]);
  });

  it("A time limit leaves neither timer nor listener behind", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const { signal, abort } = abortable();
    const calls: string[] = [];
    await waitFor(Promise.resolve("done"), 1_000, { signal, onGiveUp: () => calls.push("given up") });
    context.mock.timers.tick(2_000);
    abort();
    assert.deepEqual(calls, []);
  });
});

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
