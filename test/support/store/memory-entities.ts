import type {
  ChangedEntities,
  Change,
  Committed,
  Entities,
  Entity,
  EntityPage,
} from "../../../src/ports/store/entities.ts";
import type { StoreError } from "../../../src/ports/store/store.ts";

/** Entities in memory, for one test. What is asked of them can be made to fail, and to be overtaken. */
export class MemoryEntities implements Entities {
  readonly entities = new Map<string, Entity>();
  #changes: { readonly kind: string; readonly name: string; readonly revision: number }[] = [];
  #revision = 0;
  /** Called before each commit. */
  beforeCommit: () => void = () => undefined;
  /** While it is set, everything rejects with it. */
  failure: StoreError | undefined;
  isBehind = false;

  /** As another router changes something. */
  put(kind: string, name: string, value: string): void {
    this.#revision += 1;
    const revision = this.#revision;
    this.entities.set(`${kind} ${name}`, { kind, name, value, revision, createdAtMs: 1, changedAtMs: 1 });
    this.#changes.push({ kind, name, revision });
  }

  /** As a backup has it that was made at a revision. */
  restore(to: number): void {
    this.#revision = to;
    this.#changes = this.#changes.filter(({ revision }) => revision <= to);
    for (const [key, { revision }] of this.entities) if (revision > to) this.entities.delete(key);
  }

  get(kind: string, name: string): Promise<Entity | undefined> {
    return this.#answer(() => this.entities.get(`${kind} ${name}`));
  }

  scan({ kind, prefix = "", after = "", limit = 2 }: Parameters<Entities["scan"]>[0]): Promise<EntityPage> {
    return this.#answer(() => {
      const all = [...this.entities.values()].filter((one) => one.kind === kind && one.name.startsWith(prefix));
      const rest = all.filter(({ name }) => name > after).sort((one, other) => (one.name < other.name ? -1 : 1));
      return { entities: rest.slice(0, limit), more: rest.length > limit };
    });
  }

  commit(changes: readonly Change[]): Promise<Committed> {
    return this.#answer((): Committed => {
      this.beforeCommit();
      for (const [index, change] of changes.entries()) {
        const found = this.entities.get(`${change.kind} ${change.name}`)?.revision;
        const expected = "expect" in change ? change.expect : undefined;
        if (
          expected !== undefined &&
          expected !== (found ?? "absent") &&
          !(expected === "present" && found !== undefined)
        )
          return { ok: false, reason: "conflict", conflicts: [{ index, found }] };
      }
      for (const change of changes) if (change.change === "put") this.put(change.kind, change.name, change.value);
      return { ok: true, revision: this.#revision };
    });
  }

  revision(): Promise<number> {
    return this.#answer(() => this.#revision);
  }

  changedAfter(after: number): Promise<ChangedEntities> {
    return this.#answer((): ChangedEntities => {
      if (this.isBehind) return { kind: "behind" };
      const keys = this.#changes.filter(({ revision }) => revision > after);
      return { kind: "changes", keys, revision: this.#revision, more: false };
    });
  }

  #answer<T>(answer: () => T): Promise<T> {
    return this.failure === undefined ? Promise.resolve().then(answer) : Promise.reject(this.failure);
  }
}
