import { randomUUID } from "node:crypto";
import type { PutEntries, PutResult, RequestEntry } from "../../../src/ports/put.ts";

/** A put that keeps its entries and gives the answers set, for tests of the protocols in front of it. */
export class FakePut {
  readonly entries: RequestEntry[] = [];
  #answer: ((entries: readonly RequestEntry[]) => PutResult | Promise<PutResult>) | undefined;

  readonly put: PutEntries = (entries, putter) => {
    const kept = entries.map((entry, index) => {
      const carried = putter?.trace?.contextOf(entry, index, entries.length);
      return withoutUndefined({ ...entry, ...carried });
    });
    this.entries.push(...kept);
    return Promise.resolve(this.#answer === undefined ? accepted(entries) : this.#answer(entries));
  };

  /** Sets the answer of the next puts. */
  answerWith(answer: (entries: readonly RequestEntry[]) => PutResult | Promise<PutResult>): void {
    this.#answer = answer;
  }
}

function accepted(entries: readonly RequestEntry[]): PutResult {
  return { kind: "answered", entries: entries.map(({ id }) => ({ ok: true, eventId: id ?? randomUUID() })) };
}

/** For an entry, absent and undefined are the same. */
function withoutUndefined(entry: RequestEntry): RequestEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}
