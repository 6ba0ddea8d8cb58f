import type { ClaimedWork } from "../../ports/store/due-work.ts";
import type { Change, ChangedEntities, Committed, Entity, EntityPage, EntityScan } from "../../ports/store/entities.ts";
import type { Lease, LeaseAnswer } from "../../ports/store/leases.ts";
import type { Store, StoreErrorReason, StoreEvents, StoreOperation } from "../../ports/store/store.ts";
import { StoreError } from "../../ports/store/store.ts";
import { Availability } from "./availability.ts";
import { checkChanges, checkClaim, checkDuration, checkNames, checkScan } from "./store-input.ts";

/** What both drivers have in common: input is checked before it leaves, and every call is reported. */
export class ObservedStore implements Store {
  readonly #store: Pick<Store, StoreOperation>;
  readonly #close: () => Promise<void>;
  readonly #events: Partial<StoreEvents>;
  readonly #availability: Availability;

  constructor(
    store: Pick<Store, StoreOperation>,
    close: () => Promise<void>,
    events: Partial<StoreEvents>,
    availability = new Availability(events),
  ) {
    this.#store = store;
    this.#close = close;
    this.#events = events;
    this.#availability = availability;
  }

  async get(kind: string, name: string): Promise<Entity | undefined> {
    checkNames(kind, name);
    return this.#observe("get", () => this.#store.get(kind, name));
  }

  async scan(scan: EntityScan): Promise<EntityPage> {
    checkScan(scan);
    return this.#observe("scan", () => this.#store.scan(scan));
  }

  async commit(changes: readonly Change[], lease?: Lease): Promise<Committed> {
    checkChanges(changes);
    return this.#observe("commit", () => this.#store.commit(changes, lease));
  }

  async revision(): Promise<number> {
    return this.#observe("revision", () => this.#store.revision());
  }

  async changedAfter(revision: number): Promise<ChangedEntities> {
    return this.#observe("changedAfter", () => this.#store.changedAfter(revision));
  }

  async acquire(name: string, holder: string, forMs: number): Promise<LeaseAnswer> {
    checkNames(name, holder);
    checkDuration(forMs);
    return this.#observe("acquire", () => this.#store.acquire(name, holder, forMs));
  }

  async release(lease: Lease): Promise<void> {
    return this.#observe("release", () => this.#store.release(lease));
  }

  async claimDue(kind: string, limit: number, claimMs: number): Promise<readonly ClaimedWork[]> {
    checkClaim(kind, limit, claimMs);
    return this.#observe("claimDue", () => this.#store.claimDue(kind, limit, claimMs));
  }

  async nextDueInMs(kind: string): Promise<number | undefined> {
    checkNames(kind);
    return this.#observe("nextDueInMs", () => this.#store.nextDueInMs(kind));
  }

  close(): Promise<void> {
    return this.#close();
  }

  async #observe<T>(operation: StoreOperation, call: () => Promise<T>): Promise<T> {
    const startedMs = performance.now();
    const ended = (failure: StoreErrorReason | undefined): void =>
      this.#events.operated?.(operation, (performance.now() - startedMs) / 1_000, failure);
    try {
      const result = await call();
      ended(undefined);
      this.#availability.answered();
      return result;
    } catch (error) {
      const failure = error instanceof StoreError ? error : new StoreError("refused", String(error), { cause: error });
      ended(failure.reason);
      this.#availability.failed(failure);
      throw failure;
    }
  }
}
