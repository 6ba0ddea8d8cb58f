import type { Numeral } from "../../../json/numeral.ts";
import { matchesValue } from "../../matches-value.ts";
import type { ValueMatch } from "./field-values.ts";
import * as place from "./field-values.ts";
import { FOLDED } from "./affix-trie.ts";
import type { IntLists } from "../ints/int-list.ts";
import type { JsonBytes } from "../../../json/json-bytes.ts";
import { WRONG } from "../../../json/json-bytes.ts";
import type { NumberRanges } from "./number-ranges.ts";
import { UNSURE } from "./number-ranges.ts";
import { NumberText, readExactly } from "../../../json/number-text.ts";
import type { Occurrences } from "../occurrences.ts";
import type { Predicates } from "../predicates.ts";
import { decodeText } from "../../../json/text-bytes.ts";

const TRIE_PLACES = (1 << place.TRIES) - 1;

/** Finds the predicates that a value of a field fits, and notes them. */
export class ValueReader {
  readonly #predicates: Predicates;
  readonly #occurrences: Occurrences;
  readonly #number = new NumberText();

  constructor(predicates: Predicates, occurrences: Occurrences) {
    this.#predicates = predicates;
    this.#occurrences = occurrences;
  }

  /**
   * A text, decoded.
   * @param position where it stands in the event
   */
  text(field: number, bytes: Uint8Array, start: number, end: number, position: number): void {
    const { values } = this.#predicates;
    const occurrences = this.#occurrences;
    const places = values.places.items[field] as number;
    occurrences.open();
    if ((((values.textLengths.items[field] as number) >>> ((end - start) & 31)) & 1) !== 0) {
      const text = values.texts.find(field, bytes, start, end);
      if (text >= 0) occurrences.hit(values.textPredicates.items[text] as number);
    }
    if ((places & TRIE_PLACES) !== 0) this.#textInTries(field, places, bytes, start, end);
    if ((places & (1 << place.ANY_TEXT)) !== 0) {
      this.#check(values.anyText, values.anyText.first(field), bytes, start, end, true);
    }
    occurrences.close(field, position, this.#predicates.presence.items[field] as number);
  }

  /** A number that begins at a place. Returns the place behind it; WRONG also where the steps are spent. */
  number(field: number, json: JsonBytes, start: number): number {
    const ranges = this.#predicates.values.ranges[field];
    const end = ranges === undefined ? json.skipNumber(start) : this.#number.read(json, start);
    if (end === WRONG) return WRONG;
    const occurrences = this.#occurrences;
    occurrences.open();
    if (ranges !== undefined) this.#hitRanges(ranges, this.#leaf(ranges, json.bytes, start, end));
    occurrences.close(field, start, this.#predicates.presence.items[field] as number);
    return occurrences.steps.left < 0 ? WRONG : end;
  }

  /** A number that has been read. */
  parsedNumber(field: number, value: Numeral, position: number): void {
    const occurrences = this.#occurrences;
    occurrences.open();
    const ranges = this.#predicates.values.ranges[field];
    if (ranges !== undefined) this.#hitRanges(ranges, ranges.leaf(value));
    occurrences.close(field, position, this.#predicates.presence.items[field] as number);
  }

  /**
   * null, false or true.
   * @param literal 0, 1 or 2 in that order
   */
  literal(field: number, literal: number, position: number): void {
    const occurrences = this.#occurrences;
    occurrences.open();
    const predicate = this.#predicates.values.literals.items[3 * field + literal] as number;
    if (predicate > 0) occurrences.hit(predicate - 1);
    occurrences.close(field, position, this.#predicates.presence.items[field] as number);
  }

  #textInTries(field: number, places: number, bytes: Uint8Array, start: number, end: number): void {
    const roots = this.#predicates.values.roots.items;
    const first = place.TRIES * field;
    if ((places & (1 << place.PREFIX)) !== 0) {
      this.#forwards(roots[first + place.PREFIX] as number, bytes, start, end, false);
    }
    if ((places & (1 << place.FOLDED_PREFIX)) !== 0) {
      this.#forwards(roots[first + place.FOLDED_PREFIX] as number, bytes, start, end, true);
    }
    if ((places & (1 << place.SUFFIX)) !== 0) {
      this.#backwards(roots[first + place.SUFFIX] as number, bytes, start, end, false);
    }
    if ((places & (1 << place.FOLDED_SUFFIX)) !== 0) {
      this.#backwards(roots[first + place.FOLDED_SUFFIX] as number, bytes, start, end, true);
    }
    if ((places & ((1 << place.ADDRESS_V4) | (1 << place.ADDRESS_V6))) !== 0) this.#address(first, bytes, start, end);
  }

  #forwards(root: number, bytes: Uint8Array, start: number, end: number, isFolded: boolean): void {
    const { affixes } = this.#predicates.values;
    const filed = affixes.filed.heads;
    let node = root;
    for (let at = start; ; at++) {
      const link = filed.items[node] as number;
      if (link !== 0) this.#check(affixes.filed, link, bytes, start, end, at === end);
      if (at === end) return;
      const byte = bytes[at] as number;
      node = affixes.child(node, isFolded ? (FOLDED[byte] as number) : byte);
      if (node === 0) return;
    }
  }

  #backwards(root: number, bytes: Uint8Array, start: number, end: number, isFolded: boolean): void {
    const { affixes } = this.#predicates.values;
    const filed = affixes.filed.heads;
    let node = root;
    for (let at = end - 1; ; at--) {
      const link = filed.items[node] as number;
      if (link !== 0) this.#check(affixes.filed, link, bytes, start, end, at < start);
      if (at < start) return;
      const byte = bytes[at] as number;
      node = affixes.child(node, isFolded ? (FOLDED[byte] as number) : byte);
      if (node === 0) return;
    }
  }

  #address(firstRoot: number, bytes: Uint8Array, start: number, end: number): void {
    const { addresses, roots } = this.#predicates.values;
    const bits = addresses.read(bytes, start, end);
    if (bits === 0) return;
    let node = roots.items[firstRoot + (bits === 32 ? place.ADDRESS_V4 : place.ADDRESS_V6)] as number;
    for (let bit = 0; node !== 0; bit++) {
      const link = addresses.filed.heads.items[node] as number;
      if (link !== 0) this.#check(addresses.filed, link, bytes, start, end, true);
      node = bit < bits ? addresses.child(node, bit) : 0;
    }
  }

  /** Notes the predicates of a list that the text fits, too. */
  #check(lists: IntLists, head: number, bytes: Uint8Array, start: number, end: number, isWhole: boolean): void {
    const { values } = this.#predicates;
    const { steps } = this.#occurrences;
    let decoded: string | undefined;
    for (let link = head; link !== 0; link = lists.next.items[link - 1] as number) {
      const predicate = lists.values.items[link - 1] as number;
      const check = values.checks.items[predicate] as number;
      let fits = true;
      if (check === place.WHOLE) fits = isWhole;
      else if (check !== place.NOTHING) {
        steps.left -= 1 + ((end - start) >> 4);
        if (steps.left < 0) return;
      }
      if (check === place.WILDCARD) {
        fits = values.wildcards.matches(values.wildcardOf.items[predicate] as number, bytes, start, end);
      } else if (check === place.MATCH) {
        decoded ??= decodeText(bytes, start, end);
        fits = matchesValue(values.matches.get(predicate) as ValueMatch, decoded);
      }
      if (fits) this.#occurrences.hit(predicate);
    }
  }

  /** Where no bound is near, it does not matter how exactly the number was read. */
  #leaf(ranges: NumberRanges, bytes: Uint8Array, start: number, end: number): number {
    const leaf = this.#number.error === Infinity ? UNSURE : ranges.surely(this.#number);
    return leaf === UNSURE ? ranges.leaf(readExactly(bytes, start, end)) : leaf;
  }

  #hitRanges(ranges: NumberRanges, leaf: number): void {
    const { filed } = ranges;
    for (let node = ranges.nearest(leaf); node > 0; node = ranges.nearest(node >> 1)) {
      for (let link = filed.heads.items[node] as number; link !== 0; link = filed.next.items[link - 1] as number) {
        this.#occurrences.hit(filed.values.items[link - 1] as number);
      }
    }
  }
}
