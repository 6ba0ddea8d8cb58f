import { QUOTE } from "../../json/characters.ts";
import { IntList } from "./ints/int-list.ts";
import { PLAIN } from "../../json/byte-tables.ts";
import { encodeText } from "../../json/text-bytes.ts";
import { TextTable } from "./values/text-table.ts";

/** Nothing lies there that any rule names. */
export const NOWHERE = -1;

/**
 * The paths of the fields that rules name, a node for each step, so that an event is read closely only where they
 * lead. Since a dot in a name is as good as a level, a node also has each of the joined names that lead further down.
 */
export class FieldTrie {
  /** The field that ends at a node; NOWHERE when none does. */
  readonly fieldAt = new IntList();
  /** How many steps lead to a node. */
  readonly steps = new IntList();
  /** How many fields end at a node or below. */
  readonly fieldsBelow = new IntList();
  /** Which lengths the names below a node have: bit n for n bytes, for n + 32, and so on. Most names end here. */
  readonly lengths = new IntList();
  /** By node: the one above it; the root is above itself. */
  readonly above = new IntList();
  /** By field: the node that it ends at. */
  readonly nodes = new IntList();
  readonly #names = new TextTable();
  /** Where each name of the table leads. */
  readonly #leadsTo = new IntList();
  /** By name: how many bytes it has where it is written as it is; NOWHERE when that is not possible. */
  readonly #writtenLengths = new IntList();
  readonly #fields = new Map<string, number>();

  constructor() {
    this.#addNode(0, 0);
  }

  get fieldCount(): number {
    return this.#fields.size;
  }

  get nodeCount(): number {
    return this.fieldAt.length;
  }

  /** How many names there are, joined ones included. */
  get nameCount(): number {
    return this.#names.size;
  }

  /** The number of a field. */
  add(name: string, steps: readonly string[]): number {
    const known = this.#fields.get(name);
    if (known !== undefined) return known;
    const nodes = [0];
    for (const [index, step] of steps.entries()) {
      const known = this.nodeCount;
      nodes.push(this.#child(nodes[index] ?? 0, step, index + 1));
      if (this.nodeCount > known) this.#linkJoined(nodes, steps);
    }
    for (const node of nodes) this.fieldsBelow.items[node] = this.fieldsBelow.at(node) + 1;
    const field = this.#fields.size;
    this.#fields.set(name, field);
    this.fieldAt.items[nodes.at(-1) ?? 0] = field;
    this.nodes.push(nodes.at(-1) ?? 0);
    return field;
  }

  /** The number of a name below a node; NOWHERE when it leads nowhere. */
  find(node: number, bytes: Uint8Array, start: number, end: number): number {
    if ((((this.lengths.items[node] as number) >>> ((end - start) & 31)) & 1) === 0) return NOWHERE;
    return this.#names.find(node, bytes, start, end);
  }

  /**
   * Whether a name stands behind an opening quote at a place. Names that JSON cannot write as they are never do.
   * @returns its length in bytes; NOWHERE when it is not there
   */
  lengthAt(name: number, bytes: Uint8Array, start: number): number {
    const length = this.#writtenLengths.items[name] as number;
    return length !== NOWHERE && bytes[start + length] === QUOTE && this.#names.isAt(name, bytes, start)
      ? length
      : NOWHERE;
  }

  /** The node that a name leads to. */
  target(name: number): number {
    return this.#leadsTo.items[name] as number;
  }

  /** Gives a new node, the last of those given, the names that join several steps to it. */
  #linkJoined(nodes: readonly number[], steps: readonly string[]): void {
    const last = nodes.length - 1;
    let joined = steps[last - 1] ?? "";
    for (let from = last - 2; from >= 0; from--) {
      joined = `${steps[from] ?? ""}.${joined}`;
      this.#link(nodes[from] ?? 0, joined, nodes[last] ?? 0);
    }
  }

  #child(node: number, step: string, steps: number): number {
    const name = this.#names.find(node, ...whole(encodeText(step)));
    if (name >= 0) return this.#leadsTo.at(name);
    const child = this.#addNode(steps, node);
    this.#link(node, step, child);
    return child;
  }

  #link(node: number, text: string, target: number): void {
    const bytes = encodeText(text);
    const name = this.#names.add(node, bytes);
    if (name === this.#leadsTo.length) {
      this.#leadsTo.push(target);
      this.#writtenLengths.push(bytes.every((byte) => PLAIN[byte] === 1) ? bytes.length : NOWHERE);
    }
    this.lengths.items[node] = this.lengths.at(node) | (1 << (bytes.length & 31));
  }

  #addNode(steps: number, above: number): number {
    this.above.push(above);
    this.fieldAt.push(NOWHERE);
    this.fieldsBelow.push(0);
    this.lengths.push(0);
    return this.steps.push(steps);
  }
}

function whole(bytes: Uint8Array): [Uint8Array, number, number] {
  return [bytes, 0, bytes.length];
}
