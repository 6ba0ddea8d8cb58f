import { parseAddress, type CidrBlock } from "../../cidr.ts";
import { IntList, IntLists } from "../ints/int-list.ts";
import { decodeText } from "../../../json/text-bytes.ts";

/** No address is longer, however it is written. */
const ADDRESS_BYTES_MAX = 45;
const POINT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/** Blocks of addresses as paths of bits, from roots that belong to a field and a family of addresses. */
export class AddressTrie {
  readonly filed = new IntLists();
  /** The address that was read last. */
  readonly address = new Uint8Array(16);
  /** Two places a node: where a 0 leads to and where a 1 does. */
  readonly #children = new IntList();
  #nodes = 1;

  /** Nodes count from 1, so that 0 means none. */
  addRoot(): number {
    return this.#addNode();
  }

  add(root: number, block: CidrBlock, predicate: number): void {
    let node = root;
    for (let bit = 0; bit < Math.min(block.prefixBits, 8 * block.address.length); bit++) {
      const place = 2 * node + (((block.address[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1);
      this.#children.extend(place + 2);
      node = this.#children.at(place) || this.#addChild(place);
    }
    this.filed.add(node, predicate);
  }

  /** The node one bit of the address that was read further; 0 when there is none. */
  child(node: number, bit: number): number {
    const value = ((this.address[bit >> 3] as number) >> (7 - (bit & 7))) & 1;
    return this.#children.items[2 * node + value] as number;
  }

  /** Reads a text as an address and returns its number of bits; 0 when it is none. */
  read(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > ADDRESS_BYTES_MAX || end - start < 2) return 0;
    for (let at = start; at < end; at++) if (bytes[at] === COLON) return this.#readV6(bytes, start, end);
    return this.#readV4(bytes, start, end);
  }

  #readV4(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > 15) return 0;
    let part = 0;
    let value = -1;
    for (let at = start; at <= end; at++) {
      const byte = at === end ? POINT : (bytes[at] as number);
      if (byte === POINT) {
        if (value < 0 || value > 255 || part === 4) return 0;
        this.address[part++] = value;
        value = -1;
      } else {
        const digit = byte - ZERO;
        if (digit >>> 0 > 9) return 0;
        value = Math.max(value, 0) * 10 + digit;
      }
    }
    return part === 4 ? 32 : 0;
  }

  #readV6(bytes: Uint8Array, start: number, end: number): number {
    const address = parseAddress(decodeText(bytes, start, end));
    if (address === undefined) return 0;
    this.address.set(address);
    return 8 * address.length;
  }

  #addChild(place: number): number {
    const child = this.#addNode();
    this.#children.items[place] = child;
    return child;
  }

  #addNode(): number {
    const node = this.#nodes++;
    this.#children.extend(2 * node + 2);
    this.filed.heads.extend(node + 1);
    return node;
  }
}
