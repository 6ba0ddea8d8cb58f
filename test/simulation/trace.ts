/** What happened, line by line: a hash of it all, to compare two runs by, and the lines themselves when asked for. */
export class Trace {
  readonly #print: ((line: string) => void) | undefined;
  readonly #nowMs: () => number;
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  constructor(nowMs: () => number, print?: (line: string) => void) {
    this.#nowMs = nowMs;
    this.#print = print;
  }

  /** Sixteen hexadecimal digits. */
  get hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  note(what: string): void {
    const line = `${(this.#nowMs() / 1_000).toFixed(3).padStart(9)} ${what}`;
    for (let i = 0; i < line.length; i++) {
      this.#low = Math.imul(this.#low ^ line.charCodeAt(i), 0x01000193);
      this.#high = Math.imul(this.#high ^ this.#low, 0x5bd1e995);
    }
    this.#print?.(line);
  }
}
