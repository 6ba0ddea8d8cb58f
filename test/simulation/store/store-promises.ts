import type { ChangeResult } from "../../../src/ports/made.ts";
import type { Entity } from "../../../src/ports/store/entities.ts";
import type { SimulatedStore } from "./simulated-store.ts";

/** A value is the tokens of all changes of its entity, in their order. */
export const tokensOf = (value: string): readonly string[] => (value === "" ? [] : value.split(" "));

/** What routers promise of a store that they change and follow. */
export class StorePromises {
  readonly #store: SimulatedStore;
  readonly #violate: (what: string) => void;
  /** In how many changes the callers met each answer. */
  readonly answers = new Map<string, number>();

  constructor(store: SimulatedStore, violate: (what: string) => void) {
    this.#store = store;
    this.#violate = violate;
  }

  /**
   * A change was answered.
   *
   * @param token what the change adds to its entity.
   * @param inForce what the router that answers has in force at that moment.
   */
  answered(token: string, result: ChangeResult, inForce: ReadonlyMap<string, Entity>): void {
    const answer = result.ok ? "ok" : result.reason;
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    const commits = this.#store.commits.filter(({ changes }) => changes.some((change) => adds(change, token)));
    if (commits.length > 1) this.#violate(`change ${token} was made ${commits.length} times`);
    const [commit] = commits;
    const mayBeDone = !result.ok && result.reason === "store" && result.mayBeDone;
    const isSaidDone = result.ok || result.reason === "not-in-force";
    if (commit === undefined && isSaidDone) this.#violate(`change ${token} was answered "${answer}" and never made`);
    if (commit !== undefined && !isSaidDone && !mayBeDone)
      this.#violate(`change ${token} was answered "${answer}" and made all the same`);
    if (commit === undefined || !result.ok) return;
    for (const { kind, name, change } of commit.changes) {
      const later = this.#store.commits.some(
        ({ revision, changes }) =>
          revision > commit.revision && changes.some((one) => one.kind === kind && one.name === name),
      );
      const entity = inForce.get(`${kind} ${name}`);
      const isThere = change === "delete" ? entity === undefined : (entity?.revision ?? 0) >= commit.revision;
      if (!isThere && !later) this.#violate(`change ${token} was answered before it was in force`);
    }
  }

  /** What a router has in force never goes back to what it was before. */
  takenOver(before: ReadonlyMap<string, Entity>, after: ReadonlyMap<string, Entity>): void {
    for (const [key, { revision }] of after) {
      const had = before.get(key)?.revision ?? 0;
      if (revision < had) this.#violate(`${key} went from revision ${had} back to ${revision}`);
    }
  }

  /** Whether each change was decided by what the one before it had left. */
  checkHistory(): void {
    const values = new Map<string, string>();
    for (const { revision, changes } of this.#store.commits) {
      for (const change of changes) {
        const key = `${change.kind} ${change.name}`;
        const before = tokensOf(values.get(key) ?? "");
        if (change.change === "delete") values.delete(key);
        if (change.change !== "put") continue;
        const after = tokensOf(change.value);
        if (after.length !== before.length + 1 || before.some((token, at) => token !== after[at]))
          this.#violate(`revision ${revision} lost a change of ${key}: [${before.join(" ")}] became [${change.value}]`);
        values.set(key, change.value);
      }
    }
  }

  /** Once nothing happens any more, every router has in force what the store has. */
  checkRest(name: string, inForce: ReadonlyMap<string, Entity>): void {
    const keys = new Set([...this.#store.entities.keys(), ...inForce.keys()]);
    for (const key of keys) {
      const [stored, found] = [this.#store.entities.get(key), inForce.get(key)];
      if (stored?.revision !== found?.revision)
        this.#violate(`${name} has ${key} at ${found?.revision ?? "none"}, the store at ${stored?.revision ?? "none"}`);
    }
  }
}

function adds(change: { readonly change: string; readonly value?: string }, token: string): boolean {
  return change.value !== undefined && tokensOf(change.value).at(-1) === token;
}
