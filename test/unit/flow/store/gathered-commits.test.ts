import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatheredCommits } from "../../../../src/flow/store/gathered-commits.ts";
import type { Change, Entity } from "../../../../src/ports/store/entities.ts";
import { COMMIT_CHANGES_MAX } from "../../../../src/ports/store/entities.ts";
import { MemoryEntities } from "../../../support/store/memory-entities.ts";

const ruleOf = (n: number | string) => ({ kind: "rule", name: `r${n}` });
const BUS = { kind: "bus", name: "b" };
const USE: Change = { change: "put", kind: "bus use", name: "b", value: "" };

const putting = (key: { kind: string; name: string }, value = "1") => {
  return ([found]: readonly (Entity | undefined)[]): readonly Change[] => [
    { change: "put", ...key, value: `${found?.value ?? ""}${value}`, expect: found?.revision ?? "absent" },
  ];
};

/** A store that counts, and commits of which each lasts for some turns of the event loop. */
function gathered() {
  const store = new MemoryEntities();
  const commits: (readonly Change[])[] = [];
  const heard = { conflicts: 0, reads: 0 };
  const commitsOf = new GatheredCommits({
    store: {
      get: (kind, name) => {
        heard.reads += 1;
        return store.get(kind, name);
      },
      commit: async (changes) => {
        commits.push(changes);
        return store.commit(changes);
      },
    },
    random: () => 0,
    sleep: () => Promise.resolve(),
    onConflict: () => void (heard.conflicts += 1),
  });
  return { store, commits, heard, gathering: commitsOf };
}

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("Commits of callers who come at the same time", () => {
  it("are shared by those who came during the one before, with one revision; what all require stands in it once", async () => {
    const { gathering, commits, store } = gathered();
    store.put(BUS.kind, BUS.name, "");
    const results = await Promise.all(
      numbers(10).map((n) =>
        gathering.commit([ruleOf(n), BUS], (found) => [
          ...putting(ruleOf(n))(found),
          { change: "require", ...BUS, expect: "present" },
          USE,
        ]),
      ),
    );
    assert.deepEqual(
      commits.map((changes) => changes.length),
      [3, 11],
    );
    assert.deepEqual(new Set(results.map((result) => result.ok && result.revision)).size, 2);
    assert.equal([...store.entities.values()].filter(({ kind }) => kind === "rule").length, 10);
  });

  it("go one after the other where one is decided from what another changes, and each is decided once", async () => {
    const { gathering, store, heard } = gathered();
    let decided = 0;
    const results = numbers(30).map((n) =>
      gathering.commit([ruleOf("one")], (found) => {
        decided += 1;
        return putting(ruleOf("one"), `${n},`)(found);
      }),
    );
    assert.ok((await Promise.all(results)).every(({ ok }) => ok));
    assert.deepEqual([decided, heard.conflicts], [30, 0]);
    assert.equal(
      store.entities.get("rule rone")?.value,
      numbers(30)
        .map((n) => `${n},`)
        .join(""),
    );
  });

  it("keep apart what one requires and another changes", async () => {
    const { gathering, commits, store } = gathered();
    store.put(BUS.kind, BUS.name, "");
    const first = gathering.commit([ruleOf(0)], putting(ruleOf(0)));
    const requiring = gathering.commit([ruleOf(1)], (found) => [
      ...putting(ruleOf(1))(found),
      { change: "require", ...BUS, expect: 1 },
    ]);
    const changing = gathering.commit([BUS], putting(BUS, "changed"));
    assert.deepEqual(
      (await Promise.all([first, requiring, changing])).map(({ ok }) => ok),
      [true, true, true],
    );
    assert.equal(commits.length, 3);
  });

  it("leave out who met another router's change, who is decided anew, and make the others' at once", async () => {
    const { gathering, commits, heard, store } = gathered();
    let decided = 0;
    let others = 1;
    store.beforeCommit = () => {
      if (commits.length === 2 && others-- > 0) store.put("rule", "r3", "other ");
    };
    const results = await Promise.all(
      numbers(6).map((n) =>
        gathering.commit([ruleOf(n)], (found) => {
          decided += 1;
          return putting(ruleOf(n))(found);
        }),
      ),
    );
    assert.ok(results.every(({ ok }) => ok));
    assert.deepEqual(
      commits.map((changes) => changes.map(({ name }) => name).join("")),
      ["r0", "r1r2r3r4r5", "r1r2r4r5", "r3"],
    );
    assert.deepEqual([decided, heard.conflicts], [7, 1]);
    assert.equal(store.entities.get("rule r3")?.value, "other 1");
  });

  it("refuse by itself what the store refuses, and what its decision throws", async () => {
    const { gathering, store } = gathered();
    const tooLarge = new RangeError("a value has too many bytes");
    const refusal = new Error("no such rule");
    const commit = store.commit.bind(store);
    store.commit = (changes) => {
      const isWrong = changes.some((change) => change.change === "put" && change.value === "too large");
      return isWrong ? Promise.reject(tooLarge) : commit(changes);
    };
    const results = await Promise.allSettled([
      ...numbers(3).map((n) => gathering.commit([ruleOf(n)], putting(ruleOf(n)))),
      gathering.commit([ruleOf(3)], putting(ruleOf(3), "too large")),
      gathering.commit([ruleOf(4)], () => {
        throw refusal;
      }),
    ]);
    assert.deepEqual(
      results.map((result) => (result.status === "rejected" ? (result.reason as Error) : result.value.ok)),
      [true, true, true, tooLarge, refusal],
    );
  });

  it("hold no more changes than a commit may have", async () => {
    const { gathering, commits } = gathered();
    const perCaller = 30;
    const results = numbers(10).map((n) =>
      gathering.commit([], () =>
        numbers(perCaller).map((each) => ({ change: "put", ...ruleOf(`${n}-${each}`), value: "" })),
      ),
    );
    assert.ok((await Promise.all(results)).every(({ ok }) => ok));
    assert.ok(commits.every(({ length }) => length <= COMMIT_CHANGES_MAX));
    assert.equal(commits.length, 4);
  });
});
