import type { Rule } from "../../../domain/rule/rule.ts";
import { deadLetterQueuesOf } from "../../../domain/rule/rule.ts";

/** The queues that rules of files and of the API name for dead letters. */
export class DeadLetterQueues {
  readonly #ofFiles: ReadonlySet<string>;
  /** How many targets of rules of the API name each. */
  readonly #counts = new Map<string, number>();
  #names: ReadonlySet<string>;

  constructor(ofFiles: ReadonlySet<string>) {
    this.#ofFiles = ofFiles;
    this.#names = ofFiles;
  }

  /** The set stays the same one as long as its names do. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  replace(before: Rule | undefined, after: Rule | undefined): void {
    const changes = [
      ...(after === undefined ? [] : deadLetterQueuesOf(after).map((queue) => this.#count(queue, 1))),
      ...(before === undefined ? [] : deadLetterQueuesOf(before).map((queue) => this.#count(queue, -1))),
    ];
    if (changes.includes(true)) this.#names = new Set([...this.#ofFiles, ...this.#counts.keys()]);
  }

  /** @returns whether a queue has come or gone. */
  #count(queue: string, by: 1 | -1): boolean {
    const before = this.#counts.get(queue) ?? 0;
    if (before + by === 0) this.#counts.delete(queue);
    else this.#counts.set(queue, before + by);
    return before === 0 || before + by === 0;
  }
}
