import { IntRows } from "../ints/int-rows.ts";
import { encodeText } from "../../../json/text-bytes.ts";

/**
 * Wildcards on bytes: the first and the last literal have their places, those between are each taken where it first
 * fits. A literal is searched for as Knuth, Morris and Pratt do it, which reads no byte of the text twice, so that
 * no text takes longer than its length for each wildcard.
 */
export class Wildcards {
  readonly #wildcards = new IntRows();
  readonly #literals = new IntRows();
  /** By byte of a literal: how many of its first bytes the literal up to there ends with. */
  readonly #borders = new IntRows();

  add(literals: readonly string[]): number {
    return this.#wildcards.add(literals.map((literal) => this.#addLiteral(encodeText(literal))));
  }

  matches(wildcard: number, bytes: Uint8Array, start: number, end: number): boolean {
    const rows = this.#wildcards.items.items;
    const first = this.#wildcards.starts.items[wildcard] as number;
    const last = (this.#wildcards.starts.items[wildcard + 1] as number) - 1;
    let from = start + this.#length(rows[first] as number);
    const to = end - this.#length(rows[last] as number);
    if (from > to || !this.#isAt(rows[first] as number, bytes, start)) return false;
    if (!this.#isAt(rows[last] as number, bytes, to)) return false;
    for (let row = first + 1; row < last; row++) {
      from = this.#find(rows[row] as number, bytes, from, to);
      if (from < 0) return false;
    }
    return true;
  }

  #addLiteral(bytes: Uint8Array): number {
    const borders: number[] = [];
    let border = 0;
    for (let index = 0; index < bytes.length; index++) {
      while (index > 0 && border > 0 && bytes[index] !== bytes[border]) border = borders[border - 1] ?? 0;
      if (index > 0 && bytes[index] === bytes[border]) border++;
      borders.push(border);
    }
    this.#borders.add(borders);
    return this.#literals.add(bytes);
  }

  #length(literal: number): number {
    const starts = this.#literals.starts.items;
    return (starts[literal + 1] as number) - (starts[literal] as number);
  }

  #isAt(literal: number, bytes: Uint8Array, at: number): boolean {
    const own = this.#literals.items.items;
    const start = this.#literals.starts.items[literal] as number;
    const length = this.#length(literal);
    for (let index = 0; index < length; index++) if (own[start + index] !== bytes[at + index]) return false;
    return true;
  }

  /** The place behind the literal where it first stands; -1 when it does not. */
  #find(literal: number, bytes: Uint8Array, from: number, to: number): number {
    const own = this.#literals.items.items;
    const borders = this.#borders.items.items;
    const start = this.#literals.starts.items[literal] as number;
    const length = this.#length(literal);
    let found = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      while (found > 0 && own[start + found] !== byte) found = borders[start + found - 1] as number;
      if (own[start + found] === byte && ++found === length) return at + 1;
    }
    return length === 0 ? from : -1;
  }
}
