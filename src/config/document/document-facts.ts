import { createHash } from "node:crypto";
import type { Section } from "../kinds/kinds.ts";

/** An entry of a document: what it says, as canonical JSON text. */
export interface EntryText {
  readonly section: Section;
  readonly name: string;
  readonly text: string;
}

const DIGEST_BITS = 64;

/**
 * What is known of a document without writing it: its digest and its length. An entry that comes or goes changes both in the
 * same short time, however many others there are: the digest is the sum of the entries' hashes.
 */
export class DocumentFacts {
  #sum = 0n;
  /** Of each section that has entries. */
  readonly #sections: Map<Section, { entries: number; bytes: number }>;

  private constructor(sum: bigint, sections: Map<Section, { entries: number; bytes: number }>) {
    this.#sum = sum;
    this.#sections = sections;
  }

  static none(): DocumentFacts {
    return new DocumentFacts(0n, new Map());
  }

  copy(): DocumentFacts {
    return new DocumentFacts(this.#sum, new Map([...this.#sections].map(([name, facts]) => [name, { ...facts }])));
  }

  add(entry: EntryText): void {
    this.#count(entry, 1);
  }

  /** @param entry one that was added, with the same text. */
  remove(entry: EntryText): void {
    this.#count(entry, -1);
  }

  /** 16 hexadecimal digits, the same wherever the same entries were added, in whatever order. */
  get digest(): string {
    return this.#sum.toString(16).padStart(DIGEST_BITS / 4, "0");
  }

  /** The length of the document's JSON text, in UTF-8. */
  get bytes(): number {
    const lengths = [...this.#sections].map(([name, { entries, bytes }]) => {
      return `"${name}":{}`.length + bytes + (entries - 1);
    });
    return "{}".length + lengths.reduce((sum, length) => sum + length, 0) + Math.max(0, lengths.length - 1);
  }

  #count(entry: EntryText, sign: 1 | -1): void {
    const { section, name, text } = entry;
    this.#sum = BigInt.asUintN(DIGEST_BITS, this.#sum + BigInt(sign) * hashOf(entry));
    const { entries, bytes } = this.#sections.get(section) ?? { entries: 0, bytes: 0 };
    const length = Buffer.byteLength(`${JSON.stringify(name)}:${text}`);
    if (entries + sign === 0) this.#sections.delete(section);
    else this.#sections.set(section, { entries: entries + sign, bytes: bytes + sign * length });
  }
}

/** The first 64 bits of the SHA-256 of an entry. Names are short and have no NUL, so that no two entries are hashed as one text. */
function hashOf({ section, name, text }: EntryText): bigint {
  return createHash("sha256").update(`${section}\0${name}\0${text}`).digest().readBigUInt64BE();
}
