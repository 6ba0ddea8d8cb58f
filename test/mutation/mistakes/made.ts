import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Files and what was made over the API make one configuration, and every router follows it. */
export const MADE: readonly Mutation[] = [
  ...inFile("src/flow/made/made-config.ts", [
    ["      this.#followed.takenOver();\n", "", "what was taken over once is not compiled again and again"],
    [
      "if (changed.length > 0 || !this.#isInForce) await",
      "if (changed.length > 0) await",
      "a store without anything is in force too",
    ],
    [
      "      await this.#catchUp();\n      return { ok: true };\n",
      "      return { ok: true };\n",
      "a change is in force when it is answered",
    ],
    [
      "revision > this.#followed.revision) void",
      "revision < this.#followed.revision) void",
      "what others say is heard",
    ],
  ]),
  ...inFile("src/flow/made/followed-entities.ts", [
    [
      "if (changed.revision < this.#revision) return this.#readAll();",
      "",
      "a store restored from a backup is read anew",
    ],
    [
      'if (changed.kind === "behind") return this.#readAll();',
      'if (changed.kind === "behind") return;',
      "who is behind reads anew",
    ],
    [
      "for (const id of missing) this.#keep(keyOf(id), undefined);",
      "",
      "what a restored store has no more is out of force",
    ],
    ["      if (!changed.more) return;\n", "      return;\n", "every page of changes is read"],
  ]),
  ...inFile("src/flow/store/joint-commit.ts", [
    ["(isFull || isMet)", "isFull", "callers who change the same do so one after the other"],
    ["(isFull || isMet)", "isMet", "a commit of several callers holds no more than a commit may"],
  ]),
  ...inFile("src/flow/store/gathered-commits.ts", [
    ["!joint.changesAny(caller.keys) && ", "", "nobody is decided from what the same commit changes"],
    ["rest = rest.without(met);", "rest = rest.only(met[0] as Caller);", "who met nobody is not decided anew"],
  ]),
  ...inFile("src/config/made/in-force/merge-made.ts", [
    ["    this.#merged = undefined;\n", "", "what failed halfway is merged from the beginning"],
    [
      "this.#merged?.made.files === files ? this.#merged : undefined",
      "this.#merged",
      "other files change what is in force",
    ],
    [
      "new Set([...rules, ...naming, ...keys])",
      "new Set([...rules, ...keys])",
      "a bus that comes or goes brings its rules with it",
    ],
  ]),
  ...inFile("src/config/made/in-force/compiled-entities.ts", [
    ["return new Set([bus, ...named", "return new Set([...named", "a rule waits for its own bus"],
  ]),
  ...inFile("src/config/made/in-force/made-in-force.ts", [
    ["if (before !== undefined) this.#facts.remove(textOf(before));", "", "the digest is that of what is in force"],
    [
      "if (this.#leftOut.get(what) === whyNot) return;",
      "if (whyNot === undefined) return;",
      "what is in force is not named as left out",
    ],
    [
      "eventBus === undefined ? this.#eventBuses.without(name)",
      "eventBus === undefined ? this.#eventBuses",
      "a bus that was deleted is gone",
    ],
    [
      "after === undefined ? this.#rules.without(key)",
      "after === undefined ? this.#rules",
      "a rule that was deleted is gone",
    ],
    ["    this.#deadLetterQueues.replace(before, after);\n", "", "queues that rules name for dead letters are known"],
  ]),
  ...inFile("src/config/made/in-force/dead-letter-queues.ts", [
    [
      "if (before + by === 0) this.#counts.delete(queue);",
      "if (by === -1) this.#counts.delete(queue);",
      "a queue is known while any rule names it",
    ],
  ]),
  ...inFile("src/config/made/in-force/bus-index.ts", [
    [
      "if (this.#renewal !== undefined) noteChange(this.#renewal, gone, added);",
      "if (this.#renewal !== undefined) return;",
      "what changes while an index is made anew is in it",
    ],
    ["else if (isWorthRenewing(this.#index)) this.#renew();", "", "an index does not grow slower with each change"],
    [
      "if (!renewal.added.delete(rule)) renewal.gone.add(rule);",
      "renewal.gone.add(rule);",
      "a rule that came and went meanwhile is gone",
    ],
  ]),
  ...inFile("src/config/made/in-force/bus-indexes.ts", [
    [
      "if (indexed.made === 0) this.#withMade.delete(bus);",
      "if (indexed.made < 0) this.#withMade.delete(bus);",
      "a bus without rules of the API has the index of its files",
    ],
  ]),
  ...inFile("src/config/document/document-facts.ts", [
    ["BigInt(sign) * hashOf(entry)", "hashOf(entry)", "what is gone counts no more in the digest"],
    ["${section}\\0${name}\\0${text}", "${section}\\0${text}", "names count in the digest"],
  ]),
];
