import type { Config } from "../../../domain/config.ts";
import type { PatternRule, Rule } from "../../../domain/rule/rule.ts";
import { indexRules } from "../../../pattern/rule-index.ts";
import { isMatched } from "../../indexed-rules.ts";
import { BusIndex } from "./bus-index.ts";
import type { RuleChange } from "./rule-change.ts";

/** A bus's index, and how many enabled rules of the API are in it. */
interface Indexed {
  readonly index: BusIndex;
  made: number;
}

/** The index of each bus: that of its files as long as no rule of the API is enabled there. */
export class BusIndexes {
  readonly #ofFiles: Config["rulesByBus"];
  readonly #onRenewed: () => void;
  readonly #withMade = new Map<string, Indexed>();

  /** @param onRenewed called when `change` would put an index in force that was made anew. */
  constructor(ofFiles: Config["rulesByBus"], onRenewed: () => void) {
    this.#ofFiles = ofFiles;
    this.#onRenewed = onRenewed;
  }

  get byBus(): Config["rulesByBus"] {
    return new Map([...this.#ofFiles, ...[...this.#withMade].map(([bus, { index }]) => [bus, index.index] as const)]);
  }

  /** One call at a time. Renewals that are ready are put in force too. */
  async change(changes: readonly RuleChange[]): Promise<void> {
    const changesByBus = Map.groupBy(changes, ({ before, after }) => (before ?? after)?.bus);
    for (const [bus, ofBus] of changesByBus) if (bus !== undefined) await this.#changeBus(bus, ofBus);
    for (const { index } of this.#withMade.values()) await index.adoptRenewal();
  }

  async #changeBus(bus: string, changes: readonly RuleChange[]): Promise<void> {
    const gone = changes.flatMap(({ before }) => matched(before));
    const added = changes.flatMap(({ after }) => matched(after));
    if (gone.length + added.length === 0) return;
    const indexed = this.#withMade.get(bus) ?? {
      index: new BusIndex(this.#ofFiles.get(bus) ?? indexRules([]), this.#onRenewed),
      made: 0,
    };
    indexed.made += added.length - gone.length;
    if (indexed.made === 0) this.#withMade.delete(bus);
    else {
      this.#withMade.set(bus, indexed);
      await indexed.index.change(new Set(gone), added);
    }
  }
}

function matched(rule: Rule | undefined): readonly PatternRule[] {
  return rule !== undefined && isMatched(rule) ? [rule] : [];
}
