import type { PatternRule } from "../../../domain/rule/rule.ts";
import { isWorthRenewing, sizeOf } from "../../../pattern/layered-index.ts";
import type { RuleIndex } from "../../../pattern/rule-index.ts";
import { changedInTurns, indexInTurns } from "../../indexed-rules.ts";

/** An index of all rules that is being made while the one in force takes further changes. */
interface Renewal {
  /** Undefined until it is made. */
  index: RuleIndex<PatternRule> | undefined;
  /** What has changed since it was begun: rules that it has and that are gone, and rules that it has not. */
  readonly gone: Set<PatternRule>;
  readonly added: Set<PatternRule>;
}

/**
 * The index of the enabled rules of one bus, those of files and those of the API, as rules of the API come and go.
 *
 * It is in one of two states. Each change makes an index in layers of the one before. Once those have grown, a renewal begins
 * beside it: an index of all rules is made, which takes long where there are many, and changes go on meanwhile. The next call
 * of `change` or `adoptRenewal` that finds the renewal ready adds to it what has changed since, and puts it in force.
 */
export class BusIndex {
  #index: RuleIndex<PatternRule>;
  #renewal: Renewal | undefined;
  readonly #onRenewed: () => void;

  /** @param onRenewed called when a renewal is ready to be adopted. */
  constructor(ofFiles: RuleIndex<PatternRule>, onRenewed: () => void) {
    this.#index = ofFiles;
    this.#onRenewed = onRenewed;
  }

  get index(): RuleIndex<PatternRule> {
    return this.#index;
  }

  /** One call at a time, of this and of `adoptRenewal`. */
  async change(gone: ReadonlySet<PatternRule>, added: readonly PatternRule[]): Promise<void> {
    await this.adoptRenewal();
    if (added.length > sizeOf(this.#index)) {
      // As at the start: an index in layers would have to be made anew at once.
      this.#renewal = undefined;
      const stayed = this.#index.rules.filter((rule) => !gone.has(rule));
      this.#index = await indexInTurns([...stayed, ...added]);
      return;
    }
    this.#index = await changedInTurns(this.#index, gone, added);
    if (this.#renewal !== undefined) noteChange(this.#renewal, gone, added);
    else if (isWorthRenewing(this.#index)) this.#renew();
  }

  /** Puts a renewal in force that is ready. Does nothing where none is. */
  async adoptRenewal(): Promise<void> {
    if (this.#renewal?.index === undefined) return;
    const { index, gone, added } = this.#renewal;
    this.#renewal = undefined;
    this.#index = gone.size + added.size === 0 ? index : await changedInTurns(index, gone, [...added]);
  }

  #renew(): void {
    const renewal: Renewal = { index: undefined, gone: new Set(), added: new Set() };
    this.#renewal = renewal;
    void indexInTurns(this.#index.rules).then((index) => {
      renewal.index = index;
      if (this.#renewal === renewal) this.#onRenewed();
    });
  }
}

function noteChange(renewal: Renewal, gone: ReadonlySet<PatternRule>, added: readonly PatternRule[]): void {
  for (const rule of gone) if (!renewal.added.delete(rule)) renewal.gone.add(rule);
  for (const rule of added) renewal.added.add(rule);
}
