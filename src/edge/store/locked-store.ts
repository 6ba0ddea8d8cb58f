import type { ClaimedWork } from "../../ports/store/due-work.ts";
import type { Change, ChangedEntities, Committed, Entity, EntityPage, EntityScan } from "../../ports/store/entities.ts";
import type { Lease, LeaseAnswer } from "../../ports/store/leases.ts";
import type { Store, StoreError } from "../../ports/store/store.ts";

/** A store that is read whatever happens, and changed only as long as its router is the only one that may. */
export class LockedStore implements Store {
  readonly #store: Store;
  readonly #problem: () => StoreError | undefined;

  /** @param problem why it may not be changed now; undefined where it may. */
  constructor(store: Store, problem: () => StoreError | undefined) {
    this.#store = store;
    this.#problem = problem;
  }

  get(kind: string, name: string): Promise<Entity | undefined> {
    return this.#store.get(kind, name);
  }

  scan(scan: EntityScan): Promise<EntityPage> {
    return this.#store.scan(scan);
  }

  revision(): Promise<number> {
    return this.#store.revision();
  }

  changedAfter(revision: number): Promise<ChangedEntities> {
    return this.#store.changedAfter(revision);
  }

  nextDueInMs(kind: string): Promise<number | undefined> {
    return this.#store.nextDueInMs(kind);
  }

  async commit(changes: readonly Change[], lease?: Lease): Promise<Committed> {
    this.#check();
    return this.#store.commit(changes, lease);
  }

  async acquire(name: string, holder: string, forMs: number): Promise<LeaseAnswer> {
    this.#check();
    return this.#store.acquire(name, holder, forMs);
  }

  async release(lease: Lease): Promise<void> {
    this.#check();
    return this.#store.release(lease);
  }

  /** Another router fires what is due of its own store. */
  async claimDue(kind: string, limit: number, claimMs: number): Promise<readonly ClaimedWork[]> {
    this.#check();
    return this.#store.claimDue(kind, limit, claimMs);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #check(): void {
    const problem = this.#problem();
    if (problem !== undefined) throw problem;
  }
}
