/** How many numbers are kept of each text. */
const ENTRY = 4;

/**
 * Numbers for texts, each with an owner: the names below a step of a path, the values that rules list for a field. Found
 * by a hash in a table of which at most half is full, and compared byte by byte.
 */
export class TextTable {
  /** One more than the number of the text; 0 where nothing stands. */
  #slots = new Int32Array(16);
  /** ENTRY numbers for each text: its hash, its owner, and where it stands in the pool. */
  #entries = new Int32Array(16 * ENTRY);
  #pool = new Uint8Array(64);
  #poolLength = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The number of a text; new ones count up from 0. */
  add(owner: number, text: Uint8Array): number {
    const known = this.find(owner, text, 0, text.length);
    if (known >= 0) return known;
    if (2 * this.#size >= this.#slots.length) this.#grow();
    const id = this.#size++;
    const end = this.#poolLength + text.length;
    this.#entries.set([hashOf(owner, text, 0, text.length), owner, this.#poolLength, end], ENTRY * id);
    if (end > this.#pool.length) {
      const pool = new Uint8Array(2 * end);
      pool.set(this.#pool);
      this.#pool = pool;
    }
    this.#pool.set(text, this.#poolLength);
    this.#poolLength = end;
    this.#place(id);
    return id;
  }

  /** The number of the text that stands from `start` to `end`; -1 when the owner has no such text. */
  find(owner: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    const entries = this.#entries;
    const mask = slots.length - 1;
    const hash = hashOf(owner, bytes, start, end);
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = (slots[slot] as number) - 1;
      if (id < 0) return -1;
      const entry = ENTRY * id;
      if (entries[entry] !== hash || entries[entry + 1] !== owner) continue;
      if (this.length(id) === end - start && this.isAt(id, bytes, start)) return id;
    }
  }

  length(id: number): number {
    return (this.#entries[ENTRY * id + 3] as number) - (this.#entries[ENTRY * id + 2] as number);
  }

  /** Whether a text begins at a place. Behind the bytes there has to stand something. */
  isAt(id: number, bytes: Uint8Array, start: number): boolean {
    const pool = this.#pool;
    const end = this.#entries[ENTRY * id + 3] as number;
    let at = start;
    for (let own = this.#entries[ENTRY * id + 2] as number; own < end; own++)
      if (pool[own] !== bytes[at++]) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(4 * this.#slots.length);
    const entries = new Int32Array(2 * this.#slots.length);
    entries.set(this.#entries);
    this.#entries = entries;
    for (let id = 0; id < this.#size; id++) this.#place(id);
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#entries[ENTRY * id] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id + 1;
  }
}

/** Four bytes at a time, since the multiplication is what takes long. */
function hashOf(owner: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = Math.imul(owner + 1, 0x9e3779b1) ^ (end - start);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const four =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    hash = Math.imul(hash ^ four, 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
