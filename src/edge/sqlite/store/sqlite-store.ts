import type { ClaimedWork } from "../../../ports/store/due-work.ts";
import type {
  Change,
  ChangedEntities,
  Committed,
  Entity,
  EntityPage,
  EntityScan,
} from "../../../ports/store/entities.ts";
import type { Lease, LeaseAnswer } from "../../../ports/store/leases.ts";
import type { Store, StoreErrorReason, StoreEvents } from "../../../ports/store/store.ts";
import { StoreError } from "../../../ports/store/store.ts";
import { ObservedStore } from "../../store/observed-store.ts";
import { DatabaseError, DatabaseThread } from "../database-thread.ts";
import type { SqliteStoreOperations, SqliteStoreSettings } from "./store-protocol.ts";

export interface SqliteStoreOptions {
  /** Made when missing. One store at a time. */
  readonly folder: string;
  readonly events: Partial<StoreEvents>;
  /** How large the file may become: from there on, it is as if the disk were full. No limit by default. */
  readonly bytesMax?: number;
}

/** The embedded store, and the end of its thread for those who test what a crash leaves. */
export interface OpenedSqliteStore {
  readonly store: Store;
  /** Ends where it stands, as a crash of the process would. */
  readonly abandon: () => Promise<void>;
}

/**
 * Opens the store for one process and no server: a SQLite file in `folder`, owned by a worker thread.
 * Rejects when another process has the folder, or when the file cannot be read.
 */
export async function openSqliteStore({ folder, events, bytesMax }: SqliteStoreOptions): Promise<OpenedSqliteStore> {
  const settings: SqliteStoreSettings = { folder, bytesMax };
  const thread = await DatabaseThread.open<SqliteStoreOperations>("store/store-worker", settings);
  const store = new ObservedStore(new SqliteStore(thread), () => thread.close(), events);
  return { store, abandon: () => thread.terminate() };
}

/** The store's main-thread side. */
class SqliteStore implements SqliteStoreOperations {
  readonly #thread: DatabaseThread<SqliteStoreOperations>;

  constructor(thread: DatabaseThread<SqliteStoreOperations>) {
    this.#thread = thread;
  }

  get(kind: string, name: string): Promise<Entity | undefined> {
    return this.#call("get", [kind, name]);
  }

  scan(scan: EntityScan): Promise<EntityPage> {
    return this.#call("scan", [scan]);
  }

  commit(changes: readonly Change[], lease?: Lease): Promise<Committed> {
    return this.#call("commit", lease === undefined ? [changes] : [changes, lease]);
  }

  revision(): Promise<number> {
    return this.#call("revision", []);
  }

  changedAfter(revision: number): Promise<ChangedEntities> {
    return this.#call("changedAfter", [revision]);
  }

  acquire(name: string, holder: string, forMs: number): Promise<LeaseAnswer> {
    return this.#call("acquire", [name, holder, forMs]);
  }

  release(lease: Lease): Promise<void> {
    return this.#call("release", [lease]);
  }

  claimDue(kind: string, limit: number, claimMs: number): Promise<readonly ClaimedWork[]> {
    return this.#call("claimDue", [kind, limit, claimMs]);
  }

  nextDueInMs(kind: string): Promise<number | undefined> {
    return this.#call("nextDueInMs", [kind]);
  }

  async #call<Name extends keyof SqliteStoreOperations>(
    operation: Name,
    parameters: Parameters<SqliteStoreOperations[Name]>,
  ): Promise<Awaited<ReturnType<SqliteStoreOperations[Name]>>> {
    try {
      return await this.#thread.call(operation, parameters);
    } catch (error) {
      throw error instanceof DatabaseError
        ? new StoreError(REASONS[error.reason], error.message, { cause: error })
        : error;
    }
  }
}

const REASONS: Readonly<Record<DatabaseError["reason"], StoreErrorReason>> = {
  full: "full",
  refused: "refused",
  disconnected: "unavailable",
};
