import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Lanes } from "../../../../src/flow/order/lanes.ts";

interface Item {
  readonly key: string;
  readonly number: number;
}

type Step =
  | { readonly kind: "add"; readonly key: string }
  | { readonly kind: "take" }
  | { readonly kind: "done" | "wait" | "again"; readonly key: string }
  | { readonly kind: "clear" };

const key = fc.constantFrom("a", "b", "c", "d");
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("add" as const), key }) },
  { weight: 6, arbitrary: fc.constant({ kind: "take" as const }) },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constantFrom("done" as const, "wait" as const, "again" as const), key }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "clear" as const }) },
);

/** What must hold, said anew: for each key a list, and whether its first is out. */
class Model {
  readonly lists = new Map<string, Item[]>();
  readonly out = new Map<string, "taken" | "waiting">();

  mayTake(of: string): boolean {
    return (this.lists.get(of)?.length ?? 0) > 0 && !this.out.has(of);
  }
}

describe("Lanes", () => {
  it("give out one entry of a key at a time, in the order in which they were added, whatever comes between", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const lanes = new Lanes<Item>();
        const model = new Model();
        for (const [number, each] of steps.entries()) run(each, number, lanes, model);
        const left = [...model.lists.values()].flat().length;
        assert.equal(lanes.count, left);
        const ready = [...model.lists.keys()].filter((of) => model.mayTake(of)).length;
        const waiting = [...model.out.values()].filter((state) => state === "waiting").length;
        assert.deepEqual(lanes.states(), { ready, waiting });
      }),
      { numRuns: 500 },
    );
  });

  it("let keys go on in turns: one with many entries does not keep the others waiting", () => {
    const lanes = new Lanes<string>();
    for (const entry of ["a1", "a2", "a3", "b1", "c1"]) lanes.add(entry.charAt(0), entry);
    const taken: string[] = [];
    for (let head = lanes.take(); head !== undefined; head = lanes.take()) {
      taken.push(head.entry);
      lanes.done(head.key);
    }
    assert.deepEqual(taken, ["a1", "b1", "c1", "a2", "a3"]);
  });

  it("keep the first of a key the first while it waits to be taken again", () => {
    const lanes = new Lanes<string>();
    lanes.add("a", "a1");
    lanes.add("a", "a2");
    lanes.take();
    lanes.wait("a");
    assert.equal(lanes.hasReady, false);
    lanes.again("a");
    assert.deepEqual(lanes.take(), { key: "a", entry: "a1" });
  });

  it("leave what is taken where it is when they are cleared, in front of what comes later", () => {
    const lanes = new Lanes<string>();
    for (const entry of ["a1", "a2", "b1"]) lanes.add(entry.charAt(0), entry);
    lanes.take();
    assert.deepEqual(lanes.clear(), ["a2", "b1"]);
    lanes.add("a", "a3");
    assert.equal(lanes.hasReady, false);
    lanes.done("a");
    assert.deepEqual(lanes.take(), { key: "a", entry: "a3" });
  });
});

function run(each: Step, number: number, lanes: Lanes<Item>, model: Model): void {
  switch (each.kind) {
    case "add": {
      const item = { key: each.key, number };
      lanes.add(each.key, item);
      model.lists.set(each.key, [...(model.lists.get(each.key) ?? []), item]);
      return;
    }
    case "take": {
      const head = lanes.take();
      const some = [...model.lists.keys()].some((of) => model.mayTake(of));
      assert.equal(head !== undefined, some, "there is one to take exactly when a key may go on");
      if (head === undefined) return;
      assert.ok(model.mayTake(head.key));
      assert.deepEqual(head.entry, model.lists.get(head.key)?.[0]);
      model.out.set(head.key, "taken");
      return;
    }
    case "done":
      lanes.done(each.key);
      if (model.out.get(each.key) !== "taken") return;
      model.lists.get(each.key)?.shift();
      model.out.delete(each.key);
      return;
    case "wait":
      lanes.wait(each.key);
      if (model.out.get(each.key) === "taken") model.out.set(each.key, "waiting");
      return;
    case "again":
      lanes.again(each.key);
      if (model.out.get(each.key) === "waiting") model.out.delete(each.key);
      return;
    case "clear":
      lanes.clear();
      for (const [of, list] of model.lists) {
        if (model.out.get(of) === "taken") list.splice(1);
        else {
          list.splice(0);
          model.out.delete(of);
        }
      }
  }
}
