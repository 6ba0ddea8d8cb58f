import type { ChangedEntity } from "../../ports/made.ts";
import type { Entities, Entity, EntityKey } from "../../ports/store/entities.ts";

/** So many changed entities are read at once. */
const READS_AT_ONCE = 20;

/** What of the store is followed. */
type FollowedStore = Pick<Entities, "changedAfter" | "get" | "revision" | "scan">;

/** What has changed of the entities of some kinds, by the store's revisions. */
export class FollowedEntities {
  readonly #store: FollowedStore;
  readonly #kinds: ReadonlySet<string>;
  /** The ids of the entities that there are. */
  readonly #known = new Set<string>();
  readonly #changed = new Map<string, ChangedEntity>();
  #revision: number | undefined;

  constructor(store: FollowedStore, kinds: readonly string[]) {
    this.#store = store;
    this.#kinds = new Set(kinds);
  }

  /** Up to which revision it is complete; 0 before it was read. */
  get revision(): number {
    return this.#revision ?? 0;
  }

  /** What has changed since the changes were last taken over: at first everything that there is. */
  get changed(): readonly ChangedEntity[] {
    return [...this.#changed.values()];
  }

  /** The changes were taken over: from now on later ones count. */
  takenOver(): void {
    this.#changed.clear();
  }

  /**
   * Reads what has changed since the last time, or everything the first time. One call at a time.
   *
   * @throws StoreError; what was read until then is kept.
   */
  async catchUp(): Promise<void> {
    if (this.#revision === undefined) return this.#readAll();
    for (;;) {
      const changed = await this.#store.changedAfter(this.#revision);
      if (changed.kind === "behind") return this.#readAll();
      // A database that was restored from a backup.
      if (changed.revision < this.#revision) return this.#readAll();
      const keys = changed.keys.filter(({ kind }) => this.#kinds.has(kind));
      for (let at = 0; at < keys.length; at += READS_AT_ONCE) await this.#read(keys.slice(at, at + READS_AT_ONCE));
      this.#revision = changed.revision;
      if (!changed.more) return;
    }
  }

  async #read(keys: readonly EntityKey[]): Promise<void> {
    const entities = await Promise.all(keys.map(({ kind, name }) => this.#store.get(kind, name)));
    for (const [at, key] of keys.entries()) this.#keep(key, entities[at]);
  }

  /** The revision comes first: what changes while it reads is read once more by the next turn. */
  async #readAll(): Promise<void> {
    const revision = await this.#store.revision();
    const missing = new Set(this.#known);
    for (const kind of this.#kinds) {
      let after: string | undefined;
      for (let more = true; more;) {
        const page = await this.#store.scan(after === undefined ? { kind } : { kind, after });
        for (const entity of page.entities) {
          missing.delete(idOf(entity));
          this.#keep(entity, entity);
        }
        after = page.entities.at(-1)?.name;
        more = page.more && after !== undefined;
      }
    }
    for (const id of missing) this.#keep(keyOf(id), undefined);
    this.#revision = revision;
  }

  #keep({ kind, name }: EntityKey, entity: Entity | undefined): void {
    const id = idOf({ kind, name });
    if (entity === undefined) this.#known.delete(id);
    else this.#known.add(id);
    this.#changed.set(id, { kind, name, entity });
  }
}

/** Neither has a NUL. */
function idOf({ kind, name }: EntityKey): string {
  return `${kind}\0${name}`;
}

function keyOf(id: string): EntityKey {
  const [kind = "", name = ""] = id.split("\0");
  return { kind, name };
}
