import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Slots } from "../../../src/async/slots.ts";
import { WaitingLine } from "../../../src/async/waiting-line.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("slots", () => {
  it("Slots are given up to the limit, and then to those who wait, in their order", async () => {
    const slots = new Slots(() => 1);
    const answers: string[] = [];
    for (const name of ["a", "b", "c"]) void slots.take().then((taken) => answers.push(`${name} ${taken}`));
    await turn();
    assert.deepEqual([answers, slots.tryTake()], [["a true"], false]);
    slots.release();
    await turn();
    assert.deepEqual(answers, ["a true", "b true"]);
    slots.release();
    slots.release();
    await turn();
    assert.deepEqual([answers, slots.tryTake(), slots.tryTake()], [["a true", "b true", "c true"], true, false]);
  });

  it("Slots follow a limit that grows", async () => {
    let limit = 1;
    const slots = new Slots(() => limit);
    assert.ok(slots.tryTake());
    const next = slots.take();
    limit = 2;
    slots.serve();
    assert.equal(await next, true);
    assert.equal(slots.tryTake(), false);
  });

  it("Slots are not given to one whose signal has fired, and the next one gets the slot", async () => {
    const slots = new Slots(() => 1);
    const gone = AbortSignal.abort();
    assert.equal(await slots.take(gone), false);
    assert.ok(slots.tryTake());
    const leaver = new AbortController();
    const left = slots.take(leaver.signal);
    const next = slots.take();
    leaver.abort();
    assert.equal(await left, false);
    slots.release();
    assert.equal(await next, true);
    assert.equal(slots.tryTake(), false);
  });

  it("Slots are no longer waited for after a dismissal, and given again later", async () => {
    const slots = new Slots(() => 1);
    assert.ok(slots.tryTake());
    const waits = [slots.take(), slots.take()];
    slots.dismiss();
    assert.deepEqual(await Promise.all(waits), [false, false]);
    slots.release();
    assert.equal(await slots.take(), true);
  });
});

describe("slots that are all free", () => {
  it("Slots are all free at once when none is taken, and else when the last one is released", async () => {
    const slots = new Slots(() => 2);
    await slots.free();
    slots.tryTake();
    slots.tryTake();
    const waiting = slots.take();
    const seen: string[] = [];
    const free = slots.free().then(() => seen.push("free"));
    slots.release();
    await waiting;
    slots.release();
    await Promise.resolve();
    assert.deepEqual(seen, []);
    slots.release();
    await free;
  });
});

describe("waiting lines", () => {
  it("A waiting line gives each thing that comes free to the one who has waited longest", async () => {
    const free = ["x"];
    const line = new WaitingLine(() => free.shift());
    assert.equal(await line.take(), "x");
    const waits = [line.take(), line.take()];
    free.push("y", "z", "rest");
    line.serve();
    assert.deepEqual(await Promise.all(waits), ["y", "z"]);
    assert.deepEqual(free, ["rest"]);
  });

  it("A waiting line keeps what was given to one whose signal fires afterwards", async () => {
    const free: string[] = [];
    const line = new WaitingLine(() => free.shift());
    const leaver = new AbortController();
    const wait = line.take(leaver.signal);
    free.push("x");
    line.serve();
    leaver.abort();
    assert.equal(await wait, "x");
  });
});
