import { setTimeout as sleep } from "node:timers/promises";
import { doublingMs } from "../../async/doubling.ts";
import type { TlsTexts } from "../../domain/target/tls-texts.ts";
import type { Store, StoreEvents } from "../../ports/store/store.ts";
import { Availability } from "../store/availability.ts";
import { ObservedStore } from "../store/observed-store.ts";
import { SqlStore } from "../store/sql-store.ts";
import { postgresAddress } from "./postgres-address.ts";
import { PostgresDatabase } from "./postgres-database.ts";
import { asStoreError } from "./postgres-errors.ts";
import { PostgresPool } from "./postgres-pool.ts";
import { prepareSchema } from "./postgres-schema.ts";

const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 5_000;

export interface PostgresStoreOptions {
  /** The servers, tried in turn: the first that takes changes is used. */
  readonly urls: readonly string[];
  readonly tls: TlsTexts;
  /** How many connections there are at most. */
  readonly connections: number;
  readonly events: Partial<StoreEvents>;
  /** Ends the tries of a start. */
  readonly signal: AbortSignal;
}

/**
 * Resolves when PostgreSQL was reached and its schema is what this version needs, and tries for as long as that takes;
 * `events.unavailable` says what is in the way. From then on each call reconnects by itself.
 *
 * @throws the signal's reason when that fires first.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { urls, tls, connections, events, signal } = options;
  const pool = new PostgresPool(
    urls.map((url) => postgresAddress(url, tls)),
    connections,
    (seconds) => events.waited?.(seconds),
  );
  events.pooled?.(() => pool.counts);
  const database = new PostgresDatabase(pool);
  const availability = new Availability(events);
  try {
    await prepareInTheEnd(database, availability, signal);
  } catch (error) {
    await pool.close();
    throw error;
  }
  return new ObservedStore(new SqlStore(database), () => pool.close(), events, availability);
}

async function prepareInTheEnd(
  database: PostgresDatabase,
  availability: Availability,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 1; ; failures++) {
    signal.throwIfAborted();
    try {
      await prepareSchema(database);
      return availability.answered();
    } catch (error) {
      availability.failed(asStoreError(error));
    }
    await sleep(doublingMs(failures, FIRST_WAIT_MS, WAIT_MS_MAX), undefined, { signal });
  }
}
