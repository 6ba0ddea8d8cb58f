import type { Store, StoreOperation } from "../../../ports/store/store.ts";

/** What the thread of the store is started with. */
export interface SqliteStoreSettings {
  readonly folder: string;
  readonly bytesMax: number | undefined;
}

/** What it does: everything that the store is asked. */
export type SqliteStoreOperations = Pick<Store, StoreOperation>;
