import { IntList, IntLists } from "../ints/int-list.ts";

/** Upper-case ASCII letters as lower-case ones, everything else as it is. */
export const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte,
);

/**
 * Texts as paths of bytes, from roots that belong to fields. What is filed at a node is met by every text that begins
 * with the path to it; read backwards, by every text that ends with it.
 */
export class AffixTrie {
  readonly filed = new IntLists();
  readonly #byte = new IntList();
  readonly #firstChild = new IntList();
  readonly #nextSibling = new IntList();
  #nodes = 1;

  /** A root without anything below it. Nodes count from 1, so that 0 means none. */
  addRoot(): number {
    return this.#addNode(0, 0);
  }

  /** The node at the end of a path, which is made where it is not there. */
  add(root: number, path: Uint8Array): number {
    let node = root;
    for (const byte of path) node = this.child(node, byte) || this.#addChild(node, byte);
    return node;
  }

  /** The node one byte further; 0 when there is none. */
  child(node: number, byte: number): number {
    const bytes = this.#byte.items;
    const siblings = this.#nextSibling.items;
    let child = this.#firstChild.items[node] as number;
    while (child !== 0 && bytes[child] !== byte) child = siblings[child] as number;
    return child;
  }

  #addChild(parent: number, byte: number): number {
    const child = this.#addNode(byte, this.#firstChild.at(parent));
    this.#firstChild.items[parent] = child;
    return child;
  }

  #addNode(byte: number, sibling: number): number {
    const node = this.#nodes++;
    for (const list of [this.#byte, this.#firstChild, this.#nextSibling, this.filed.heads]) list.extend(node + 1);
    this.#byte.items[node] = byte;
    this.#nextSibling.items[node] = sibling;
    return node;
  }
}
