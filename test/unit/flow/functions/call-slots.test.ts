import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallSlots } from "../../../../src/flow/functions/call-slots.ts";
import { turn } from "../../../support/rabbitmq/scripted-consumers.ts";

function setUp(limit: number) {
  const bound = { limit };
  const waits: { readonly ms: number; readonly end: () => void; readonly signal: AbortSignal }[] = [];
  const slots = new CallSlots({
    limit: () => bound.limit,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        waits.push({ ms, end: resolve, signal });
        signal.addEventListener("abort", () => reject(signal.reason as Error));
      }),
  });
  const answers: string[] = [];
  const lost = new AbortController();
  const take = (name: string): void =>
    void slots.take(1_000, lost.signal).then((taken) => answers.push(`${name} ${taken ? "in" : "away"}`));
  return { bound, waits, slots, answers, take, lost };
}

describe("call slots", () => {
  it("Call slots are given up to the limit, and to waiting calls in their order as they come free", async () => {
    const { slots, answers, take } = setUp(2);
    for (const name of ["a", "b", "c", "d"]) take(name);
    await turn();
    assert.deepEqual(answers, ["a in", "b in"]);
    slots.release();
    await turn();
    assert.deepEqual(answers, ["a in", "b in", "c in"]);
  });

  it("Call slots follow a limit that grows at once, and one that shrinks as calls end", async () => {
    const { bound, slots, answers, take } = setUp(1);
    for (const name of ["a", "b", "c", "d"]) take(name);
    bound.limit = 3;
    slots.serve();
    await turn();
    assert.deepEqual(answers, ["a in", "b in", "c in"]);
    bound.limit = 1;
    slots.release();
    slots.release();
    await turn();
    assert.equal(answers.length, 3);
    slots.release();
    await turn();
    assert.equal(answers.at(-1), "d in");
  });

  it("A call waits for a slot no longer than asked, and a call that is refused does not wait", async () => {
    const { waits, slots, answers, take } = setUp(1);
    for (const name of ["a", "b", "c"]) take(name);
    await turn();
    assert.deepEqual(
      waits.map(({ ms }) => ms),
      [1_000, 1_000],
    );
    waits[0]?.end();
    await turn();
    slots.refuseWaiting();
    await turn();
    assert.deepEqual(answers, ["a in", "b away", "c away"]);
    assert.ok(waits[1]?.signal.aborted);
    slots.release();
    take("e");
    await turn();
    assert.equal(answers.at(-1), "e in");
  });

  it("A lost delivery does not wait for a call slot, and gets none when it was lost before", async () => {
    const { waits, slots, answers, take, lost } = setUp(1);
    for (const name of ["a", "b"]) take(name);
    await turn();
    lost.abort();
    await turn();
    take("c");
    await turn();
    assert.deepEqual(answers, ["a in", "b away", "c away"]);
    assert.ok(waits[0]?.signal.aborted);
    slots.release();
    take("d");
    await turn();
    assert.equal(answers.at(-1), "d away");
  });
});
