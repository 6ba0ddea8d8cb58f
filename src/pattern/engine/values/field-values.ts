import { LongNumber } from "../../../json/numeral.ts";
import type { IgnoreCaseText } from "../../ignore-case.ts";
import type { Match, Scalar } from "../../pattern.ts";
import { AddressTrie } from "./address-trie.ts";
import { AffixTrie } from "./affix-trie.ts";
import { IntList, IntLists } from "../ints/int-list.ts";
import type { NumberRange } from "./number-ranges.ts";
import { NumberRanges } from "./number-ranges.ts";
import { encodeText, EncodedText } from "../../../json/text-bytes.ts";
import { TextTable } from "./text-table.ts";
import { Wildcards } from "./wildcards.ts";

/** A match that one value decides. */
export type ValueMatch = Exclude<Match, { kind: "exists" | "anythingBut" }>;

/** The places where predicates of a field can be filed, and the bits that say where some are. */
export const PREFIX = 0;
export const SUFFIX = 1;
export const FOLDED_PREFIX = 2;
export const FOLDED_SUFFIX = 3;
export const ADDRESS_V4 = 4;
export const ADDRESS_V6 = 5;
/** How many of the places are tries, with a root for each field. */
export const TRIES = 6;
export const ANY_TEXT = 6;

/** What a text that has met a predicate in one of those places must pass before it fits. */
export const NOTHING = 0;
/** It ends where the predicate's text does. */
export const WHOLE = 1;
export const WILDCARD = 2;
/** The match, as the plain matcher has it. */
export const MATCH = 3;

const LITERALS: readonly Scalar[] = [null, false, true];

/** Where the predicates of all fields are filed, each so that the values which fit it lead to it. */
export class FieldValues {
  /** By field. */
  readonly places = new IntList();
  readonly texts = new TextTable();
  /** By field: which lengths the texts have, as the names of the trie. */
  readonly textLengths = new IntList();
  /** By number of the text. */
  readonly textPredicates = new IntList();
  /** By three times the field, for null, false and true: one more than the predicate. */
  readonly literals = new IntList();
  readonly affixes = new AffixTrie();
  readonly addresses = new AddressTrie();
  /** By TRIES times the field: the roots. */
  readonly roots = new IntList();
  /** By field: what is tried on every text. */
  readonly anyText = new IntLists();
  readonly ranges: (NumberRanges | undefined)[] = [];
  readonly wildcards = new Wildcards();
  /** By predicate. */
  readonly checks = new IntList();
  readonly wildcardOf = new IntList();
  readonly matches = new Map<number, ValueMatch>();
  readonly #unfiledRanges = new Map<number, NumberRange[]>();
  readonly #encoded = new EncodedText();

  /** Files a predicate of a field. Ranges are filed by `seal`. */
  file(match: ValueMatch, field: number, predicate: number): void {
    switch (match.kind) {
      case "equals":
        return this.#fileScalar(match.value, field, predicate);
      case "numeric":
        return this.#fileRange(field, rangeOf(match, predicate));
      case "cidr": {
        const place = match.block.address.length === 4 ? ADDRESS_V4 : ADDRESS_V6;
        return this.addresses.add(this.#root(field, place), match.block, predicate);
      }
      case "prefix":
        return this.#fileAffix(PREFIX, match.text, match, field, predicate);
      case "suffix":
        return this.#fileAffix(SUFFIX, match.text, match, field, predicate);
      case "wildcard":
        return this.#fileWildcard(match.literals, match, field, predicate);
      case "equalsIgnoreCase":
        this.#check(predicate, WHOLE);
        return this.#fileFolded(FOLDED_PREFIX, match.text, match, field, predicate);
      case "prefixIgnoreCase":
        return this.#fileFolded(FOLDED_PREFIX, match.text, match, field, predicate);
      case "suffixIgnoreCase":
        return this.#fileFolded(FOLDED_SUFFIX, match.text, match, field, predicate);
      default:
        // A kind that is filed nowhere would match nothing, silently.
        match satisfies never;
    }
  }

  /**
   * Files the ranges, and pauses between some of them. After it nothing is filed any more, and every list has a place for
   * each field and predicate.
   */
  *seal(fields: number, predicates: number): Generator<void> {
    for (const byField of [this.places, this.textLengths, this.anyText.heads]) byField.extend(fields);
    for (const byPredicate of [this.checks, this.wildcardOf]) byPredicate.extend(predicates);
    this.literals.extend(3 * fields);
    this.roots.extend(TRIES * fields);
    while (this.ranges.length < fields) this.ranges.push(undefined);
    for (const [field, ranges] of this.#unfiledRanges) {
      const tree = new NumberRanges(ranges);
      this.ranges[field] = tree;
      for (const [index, range] of ranges.entries()) {
        tree.file(range);
        if (index % 1_000 === 999) yield;
      }
      tree.seal();
    }
    this.#unfiledRanges.clear();
  }

  /** The predicate of a text that a field is to equal; -1 when it is another match or has none yet. */
  textPredicate(match: Match, field: number): number {
    if (match.kind !== "equals" || typeof match.value !== "string") return -1;
    const { bytes, length } = this.#encoded.encode(match.value);
    const text = this.texts.find(field, bytes, 0, length);
    return text < 0 ? -1 : this.textPredicates.at(text);
  }

  #fileScalar(value: Scalar, field: number, predicate: number): void {
    if (typeof value === "string") {
      const { bytes, length } = this.#encoded.encode(value);
      this.texts.add(field, bytes.subarray(0, length));
      this.textLengths.extend(field + 1);
      this.textLengths.items[field] = this.textLengths.at(field) | (1 << (length & 31));
      this.textPredicates.push(predicate);
    } else if (typeof value === "number" || value instanceof LongNumber) {
      const bound = { lower: value, lowerIncluded: true, upper: value, upperIncluded: true };
      this.#fileRange(field, { ...bound, predicate });
    } else {
      const place = 3 * field + LITERALS.indexOf(value);
      this.literals.extend(place + 1);
      this.literals.items[place] = predicate + 1;
    }
  }

  #fileRange(field: number, range: NumberRange): void {
    const ranges = this.#unfiledRanges.get(field);
    if (ranges === undefined) this.#unfiledRanges.set(field, [range]);
    else ranges.push(range);
  }

  /** Half a surrogate pair fits half of a whole one, of which the bytes know nothing: the plain matcher decides. */
  #fileAffix(place: number, text: string, match: ValueMatch, field: number, predicate: number): void {
    if (!text.isWellFormed()) return this.#fileAnyText(match, field, predicate);
    const path = encodeText(text);
    if (place === SUFFIX || place === FOLDED_SUFFIX) path.reverse();
    this.affixes.filed.add(this.affixes.add(this.#root(field, place), path), predicate);
  }

  /** Under its first literal or its last, whichever there is. */
  #fileWildcard(literals: readonly string[], match: ValueMatch, field: number, predicate: number): void {
    const [first = "", last = ""] = [literals[0], literals.at(-1)];
    if (!literals.join("").isWellFormed()) return this.#fileAnyText(match, field, predicate);
    const isAffix = literals.length === 2 && (first === "" || last === "");
    if (literals.length === 1) this.#check(predicate, WHOLE);
    else if (!isAffix) {
      this.#check(predicate, WILDCARD);
      this.wildcardOf.extend(predicate + 1);
      this.wildcardOf.items[predicate] = this.wildcards.add(literals);
    }
    if (first !== "" || literals.length === 1 || (isAffix && last === ""))
      return this.#fileAffix(PREFIX, first, match, field, predicate);
    if (last !== "") return this.#fileAffix(SUFFIX, last, match, field, predicate);
    this.#note(field, ANY_TEXT);
    this.anyText.add(field, predicate);
  }

  /** Only ASCII letters have two forms of one byte each; others are left to the plain matcher. */
  #fileFolded(place: number, { text }: IgnoreCaseText, match: ValueMatch, field: number, predicate: number): void {
    if (/[^\0-\x7f]/.test(text)) return this.#fileAnyText(match, field, predicate);
    this.#fileAffix(place, text.toLowerCase(), match, field, predicate);
  }

  #fileAnyText(match: ValueMatch, field: number, predicate: number): void {
    this.#note(field, ANY_TEXT);
    this.anyText.add(field, predicate);
    this.#check(predicate, MATCH);
    this.matches.set(predicate, match);
  }

  #check(predicate: number, check: number): void {
    this.checks.extend(predicate + 1);
    this.checks.items[predicate] = check;
  }

  /** The root of a field in one of the tries. */
  #root(field: number, place: number): number {
    this.#note(field, place);
    const index = TRIES * field + place;
    this.roots.extend(index + 1);
    const trie = place === ADDRESS_V4 || place === ADDRESS_V6 ? this.addresses : this.affixes;
    return this.roots.at(index) || (this.roots.items[index] = trie.addRoot());
  }

  #note(field: number, place: number): void {
    this.places.extend(field + 1);
    this.places.items[field] = this.places.at(field) | (1 << place);
  }
}

function rangeOf({ lower, upper }: Extract<Match, { kind: "numeric" }>, predicate: number): NumberRange {
  return {
    lower: lower?.value ?? -Infinity,
    lowerIncluded: lower?.inclusive ?? true,
    upper: upper?.value ?? Infinity,
    upperIncluded: upper?.inclusive ?? true,
    predicate,
  };
}
