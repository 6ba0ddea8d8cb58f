import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { propertyRuns } from "../../../support/property-runs.ts";
import { turn, world } from "./batch-world.ts";
import { BatchesModel } from "./batches-model.ts";

const TARGETS = {
  quick: { size: 3, windowSeconds: 0 },
  slow: { size: 4, windowSeconds: 10, groupBy: "$.detail.key" },
  slower: { size: 2, windowSeconds: 300, groupBy: "$.detail.key" },
} as const;

interface Coming {
  readonly key: string;
  readonly target: keyof typeof TARGETS;
  readonly bytes: number;
  /** Which of two connections brings it. */
  readonly from: 0 | 1;
}

type Step =
  | { readonly kind: "come"; readonly all: readonly Coming[] }
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "end"; readonly call: number; readonly isOk: boolean }
  | { readonly kind: "lose"; readonly from: 0 | 1 }
  | { readonly kind: "pause" | "short"; readonly isOn: boolean };

const from = fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const);
const coming: fc.Arbitrary<Coming> = fc.record({
  key: fc.constantFrom("a", "a", "b"),
  target: fc.constantFrom("quick", "slow", "slow", "slow", "slower"),
  bytes: fc.constantFrom(1, 1, 1, 1, 2_500_000, 7_000_000),
  from,
});
const come = fc.record({ kind: fc.constant("come" as const), all: fc.array(coming, { minLength: 1, maxLength: 3 }) });
const pass = fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(1, 4_000, 6_000, 9_999, 300_000) });
const end = fc.record({ kind: fc.constant("end" as const), call: fc.nat(20), isOk: fc.boolean() });
const lose = fc.record({ kind: fc.constant("lose" as const), from });
const trouble = fc.record({ kind: fc.constantFrom("pause" as const, "short" as const), isOn: fc.boolean() });
const easy: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: come },
  { weight: 4, arbitrary: pass },
  { weight: 3, arbitrary: end },
  { weight: 2, arbitrary: lose },
);
const hard: fc.Arbitrary<Step> = fc.oneof({ weight: 12, arbitrary: easy }, { weight: 3, arbitrary: trouble });

/** A function and its messages, as steps have it. */
class Play {
  readonly it: ReturnType<typeof world>;
  /** By id, what has come. */
  readonly came = new Map<string, Coming>();
  /** The calls that have not ended, by their place among all. */
  readonly open = new Set<number>();
  readonly failed = new Set<number>();
  readonly lost = new Set<string>();
  readonly #connections = [new AbortController(), new AbortController()];

  constructor(concurrency: number) {
    this.it = world({ batches: TARGETS, concurrency, window: 256 });
  }

  /** @returns the calls that began with it. */
  async step(step: Step): Promise<readonly string[]> {
    const { it } = this;
    const before = it.calls.length;
    if (step.kind === "come") for (const each of step.all) this.#come(each);
    if (step.kind === "pass") await it.pass(step.ms);
    if (step.kind === "end") this.#end([...this.open][step.call % Math.max(1, this.open.size)], step.isOk);
    if (step.kind === "lose") this.#lose(step.from);
    if (step.kind === "pause") it.callee.pause(step.isOn);
    if (step.kind === "short") {
      it.memory.isFull = step.isOn;
      it.batched.changed();
    }
    await turn();
    for (let call = before; call < it.calls.length; call++) this.open.add(call);
    return it.calls.slice(before);
  }

  /** Nothing is in the way any more, and no more comes. */
  async finish(): Promise<void> {
    await this.step({ kind: "pause", isOn: false });
    await this.step({ kind: "short", isOn: false });
    for (let ended = -1; ended < this.it.calls.length - this.open.size;) {
      ended = this.it.calls.length - this.open.size;
      await this.step({ kind: "pass", ms: 300_000 });
      while (this.open.size > 0) await this.step({ kind: "end", call: 0, isOk: true });
    }
  }

  #come(one: Coming): void {
    const id = `${one.key}${this.came.size}`;
    this.came.set(id, one);
    this.it.give({ id, target: one.target, payloadBytes: one.bytes }, this.#connections[one.from]?.signal);
  }

  #end(call: number | undefined, isOk: boolean): void {
    if (call === undefined) return;
    this.open.delete(call);
    if (isOk) return this.it.running[call]?.resolve(undefined);
    this.failed.add(call);
    this.it.running[call]?.reject(new Error("it was abandoned"));
  }

  #lose(from: 0 | 1): void {
    for (const [id, one] of this.came) if (one.from === from) this.lost.add(id);
    this.#connections[from]?.abort(new Error("it was lost"));
    this.#connections[from] = new AbortController();
  }
}

/** The ids that a call such as `a1 a2: full` had. */
function idsOf(call: string): readonly string[] {
  return (call.split(":")[0] ?? "").split(" ");
}

describe("Batched calls, whatever comes", () => {
  it("are those of the documentation for a function that is never busy", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(easy, { maxLength: 30, size: "max" }), async (steps) => {
        const play = new Play(1_000);
        const model = new BatchesModel();
        for (const step of steps) {
          const before = play.came.size;
          const calls = await play.step(step);
          const { nowMs } = play.it.clock;
          for (const [id, { target, bytes }] of [...play.came].slice(before))
            model.come(id, target, TARGETS[target], bytes, nowMs);
          if (step.kind === "lose") model.lose(play.lost);
          assert.deepEqual(calls.toSorted(), model.take(nowMs).toSorted());
        }
      }),
      propertyRuns(200),
    );
  });

  it("have each message once, with others of its target and key, and each ends as its call does, or lost or given back", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(hard, { maxLength: 40, size: "max" }),
        fc.constantFrom(1, 1, 2),
        async (steps, concurrency) => {
          const play = new Play(concurrency);
          for (const step of steps) {
            await play.step(step);
            assert.ok(play.open.size <= concurrency, "no more calls than the function takes");
          }
          await play.finish();
          const { calls, givenBack, settled } = play.it;
          const ends = calls.flatMap((call, at) =>
            idsOf(call).map((id) => (play.failed.has(at) ? `${id} Error: it was abandoned` : id)),
          );
          const called = new Set(calls.flatMap(idsOf));
          const left = [...play.came.keys()].filter((id) => !called.has(id) && !givenBack.includes(id));
          assert.ok(
            left.every((id) => play.lost.has(id)),
            "what is neither called for nor given back was lost",
          );
          const expected = [...ends, ...givenBack, ...left.map((id) => `${id} Error: it was lost`)];
          assert.deepEqual(settled.toSorted(), expected.toSorted());
          for (const call of calls) {
            const all = idsOf(call).flatMap((id) => play.came.get(id) ?? []);
            const [first] = all;
            assert.ok(first !== undefined);
            const limits = TARGETS[first.target];
            assert.ok(all.length <= limits.size && all.every(({ target }) => target === first.target), call);
            assert.ok(!("groupBy" in limits) || all.every(({ key }) => key === first.key), call);
            assert.ok(all.length === 1 || all.reduce((sum, { bytes }) => sum + bytes, 0) < 6_000_000, call);
          }
        },
      ),
      propertyRuns(200),
    );
  });
});
