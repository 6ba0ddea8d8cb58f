import type { DatabaseSync, StatementSync } from "node:sqlite";

/** So many names are held in memory; beyond them it begins anew with what comes. */
const CACHED_MAX = 50_000;

/** The texts of a segment by their numbers. */
export class Names {
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #read: StatementSync;
  readonly #numbers = new Map<string, number>();
  readonly #texts = new Map<number, string>();

  constructor(database: DatabaseSync) {
    this.#find = database.prepare(`SELECT id FROM names WHERE name = ?`);
    this.#add = database.prepare(`INSERT INTO names (name) VALUES (?)`);
    this.#read = database.prepare(`SELECT name FROM names WHERE id = ?`);
  }

  /** The number of a text; undefined where the segment does not have it. */
  find(text: string): number | undefined {
    const cached = this.#numbers.get(text);
    if (cached !== undefined) return cached;
    const number = this.#find.get(text)?.["id"];
    return typeof number === "number" ? this.#keep(text, number) : undefined;
  }

  /** The number of a text, which it gets with `added` where it is new. */
  number(text: string, added?: (number: number) => void): number {
    const found = this.find(text);
    if (found !== undefined) return found;
    const number = this.#keep(text, Number(this.#add.run(text).lastInsertRowid));
    added?.(number);
    return number;
  }

  text(number: number): string {
    const cached = this.#texts.get(number);
    if (cached !== undefined) return cached;
    const text = String(this.#read.get(number)?.["name"]);
    this.#keep(text, number);
    return text;
  }

  /** Forgets what is held in memory: its transaction was rolled back. */
  clear(): void {
    this.#numbers.clear();
    this.#texts.clear();
  }

  #keep(text: string, number: number): number {
    if (this.#numbers.size >= CACHED_MAX) this.clear();
    this.#numbers.set(text, number);
    this.#texts.set(number, text);
    return number;
  }
}
