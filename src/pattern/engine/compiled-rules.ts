import type { Pattern } from "../pattern.ts";
import { Alternatives } from "./alternatives.ts";
import { FieldTrie } from "./field-trie.ts";
import { Predicates } from "./predicates.ts";

/** So many alternatives are taken in between two pauses. */
const SLICE = 200;

/** What rules ask of an event, filed so that the event leads to it. Nothing of it changes once it is made. */
export class CompiledRules {
  readonly trie = new FieldTrie();
  readonly predicates = new Predicates();
  readonly alternatives = new Alternatives(this.trie, this.predicates);

  /** Takes in the rules' patterns, with pauses in which other work can be done. */
  *compile(patterns: Iterable<Pattern>): Generator<void> {
    let rule = 0;
    for (const { alternatives } of patterns) {
      for (const alternative of alternatives) {
        this.alternatives.add(alternative, rule);
        if (this.alternatives.count % SLICE === 0) yield;
      }
      rule++;
    }
    yield* this.predicates.seal();
    yield* this.alternatives.seal();
  }
}
