import { Pool, TypeOverrides, types, type ClientBase, type PoolClient } from "pg";
import type { StoreConnections } from "../../ports/store/store.ts";
import { StoreError } from "../../ports/store/store.ts";
import type { PostgresAddress } from "./postgres-address.ts";
import { addressText } from "./postgres-address.ts";
import { asStoreError } from "./postgres-errors.ts";

const CONNECT_TIMEOUT_MS = 5_000;
/** How long the answer to one statement may take, unless the statement says otherwise. */
const ANSWER_TIMEOUT_MS = 10_000;
/** How many calls may wait for a connection; a router that has more of them is told at once. */
const WAITING_MAX = 1_000;

/**
 * Connections to one of several servers: to the first that can be reached and takes changes, until it no longer does.
 * So a fail-over needs no proxy in front of the servers.
 */
export class PostgresPool {
  readonly #addresses: readonly PostgresAddress[];
  readonly #connections: number;
  readonly #onWaited: (seconds: number) => void;
  #index = 0;
  #pool: Pool;
  #isClosed = false;

  /**
   * @param connections at most so many at a time.
   * @param onWaited called with how long each call has waited for its connection, or for the refusal.
   */
  constructor(
    addresses: readonly PostgresAddress[],
    connections: number,
    onWaited: (seconds: number) => void = () => undefined,
  ) {
    this.#addresses = addresses;
    this.#connections = connections;
    this.#onWaited = onWaited;
    this.#pool = this.#open();
  }

  /** How many there are now. */
  get counts(): StoreConnections {
    const { totalCount, idleCount: idle, waitingCount: waiting } = this.#pool;
    return { used: totalCount - idle, idle, waiting };
  }

  /** @throws StoreError with what is wrong with each of the servers. */
  async connect(): Promise<PoolClient> {
    const startedMs = performance.now();
    try {
      return await this.#connect();
    } finally {
      this.#onWaited((performance.now() - startedMs) / 1_000);
    }
  }

  async #connect(): Promise<PoolClient> {
    if (this.#isClosed) throw new StoreError("unavailable", "the store is closed");
    const problems: StoreError[] = [];
    for (let tries = 0; tries < this.#addresses.length; tries++) {
      const pool = this.#pool;
      if (pool.waitingCount >= WAITING_MAX) throw new StoreError("unavailable", "too many calls wait for the store");
      try {
        return await pool.connect();
      } catch (error) {
        // Every connection is in use: the next server would not be quicker.
        const isBusy = pool.totalCount >= this.#connections && pool.idleCount === 0;
        problems.push(asStoreError(error));
        if (isBusy) break;
        this.leave(pool);
      }
    }
    throw together(problems, this.#addresses);
  }

  /** The pool that connections come from now, to be left when one of them shows that its server takes no changes. */
  get current(): Pool {
    return this.#pool;
  }

  /** Goes on to the next server, unless somebody else did so before. */
  leave(pool: Pool): void {
    if (this.#pool !== pool || this.#addresses.length === 1 || this.#isClosed) return;
    this.#index = (this.#index + 1) % this.#addresses.length;
    this.#pool = this.#open();
    void pool.end();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#pool.end();
  }

  #open(): Pool {
    const pool = new Pool({
      ...this.#addresses[this.#index],
      max: this.#connections,
      application_name: "busbar",
      keepAlive: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      types: INTEGERS,
      verify: (client, done) => {
        refuseStandby(client).then(() => done(), done);
      },
    });
    // A connection that ends while nobody uses it leaves the pool. Whoever asks next notices if there is no other.
    pool.on("error", () => undefined);
    return pool;
  }
}

/** Revisions, times and counts are well below 2^53. */
const INTEGERS = new TypeOverrides();
INTEGERS.setTypeParser(types.builtins.INT8, Number);

async function refuseStandby(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ readonly transaction_read_only: string }>("SHOW transaction_read_only");
  if (rows[0]?.transaction_read_only === "on")
    throw new StoreError("unavailable", "the server takes no changes: it is a standby");
}

function together(problems: readonly StoreError[], addresses: readonly PostgresAddress[]): StoreError {
  const [first] = problems;
  if (first !== undefined && addresses.length === 1) return first;
  const texts = problems.map(({ message }) => message);
  const where = addresses.map(addressText).join(", ");
  const worst = problems.find(({ reason }) => reason === "refused") ?? first;
  return new StoreError(worst?.reason ?? "unavailable", `none of ${where} can be used: ${texts.join("; ")}`, {
    cause: worst,
  });
}
