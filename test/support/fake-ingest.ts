import { randomUUID } from "node:crypto";
import type { Ingest, PutResult, RequestEntry } from "../../src/ports/put.ts";

/** An ingest that keeps what it is given and answers as it is told, for tests of the protocols in front of it. */
export class FakeIngest {
  readonly entries: RequestEntry[] = [];
  #answer: ((entries: readonly RequestEntry[]) => PutResult | Promise<PutResult>) | undefined;

  readonly put: Ingest = (entries) => {
    this.entries.push(...entries);
    return Promise.resolve(this.#answer === undefined ? accepted(entries) : this.#answer(entries));
  };

  /** The next puts are answered so. */
  answerWith(answer: (entries: readonly RequestEntry[]) => PutResult | Promise<PutResult>): void {
    this.#answer = answer;
  }
}

function accepted(entries: readonly RequestEntry[]): PutResult {
  return { kind: "answered", entries: entries.map(({ id }) => ({ ok: true, eventId: id ?? randomUUID() })) };
}
