import type { PoolClient } from "pg";
import type { StoreErrorReason } from "../../ports/store/store.ts";
import { StoreError } from "../../ports/store/store.ts";
import type { SqlDatabase, SqlOutcome, SqlRow, SqlSession } from "../store/sql.ts";
import { POSTGRES_DIALECT } from "../store/sql.ts";
import { asStoreError, codeOf, isConnectionLost, isRetryable, READ_ONLY } from "./postgres-errors.ts";
import type { PostgresPool } from "./postgres-pool.ts";

const TRIES_MAX = 3;
/** A router that stalls in the middle of a transaction holds its locks so long; and so long may a statement wait for those of another. */
const TRANSACTION_TIMEOUT_MS = 10_000;

/** Statements and transactions on connections of a pool. Each connection that failed is given up. */
export class PostgresDatabase implements SqlDatabase {
  readonly dialect = POSTGRES_DIALECT;
  readonly #pool: PostgresPool;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  read(text: string, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]> {
    return this.#alone(text, parameters, "unavailable");
  }

  write(text: string, parameters: readonly (string | number)[]): Promise<readonly SqlRow[]> {
    return this.#alone(text, parameters, "unknown");
  }

  /** @param timeoutMs of each statement, and of a pause between two. */
  async transaction<T>(
    work: (session: SqlSession) => Promise<SqlOutcome<T>>,
    timeoutMs = TRANSACTION_TIMEOUT_MS,
  ): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#use((client) => inTransaction(client, work, timeoutMs));
      } catch (error) {
        if (!isRetryable(error) || tries === TRIES_MAX) throw asStoreError(error);
      }
    }
  }

  /** @param lost what it means that the connection went before the answer came. */
  async #alone(
    text: string,
    parameters: readonly (string | number)[],
    lost: StoreErrorReason,
  ): Promise<readonly SqlRow[]> {
    try {
      return await this.#use((client) => sessionOn(client).rows(text, parameters));
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw isConnectionLost(error) ? asStoreError(error, lost) : asStoreError(error);
    }
  }

  async #use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const pool = this.#pool.current;
    const client = await this.#pool.connect();
    // The connection may end while it is in use: the statement that runs then is told, and this event has no other listener.
    const ignore = (): void => undefined;
    client.on("error", ignore);
    let isLost = false;
    try {
      return await work(client);
    } catch (error) {
      const cause = error instanceof StoreError ? error.cause : error;
      isLost = isConnectionLost(cause);
      if (codeOf(cause) === READ_ONLY) this.#pool.leave(pool);
      throw error;
    } finally {
      client.off("error", ignore);
      client.release(isLost);
    }
  }
}

async function inTransaction<T>(
  client: PoolClient,
  work: (session: SqlSession) => Promise<SqlOutcome<T>>,
  timeoutMs: number,
): Promise<T> {
  // All of it holds for this transaction only, so the connection may be one of a pooler's.
  await client.query(
    `BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = ${timeoutMs}; SET LOCAL idle_in_transaction_session_timeout = ${timeoutMs}`,
  );
  let outcome: SqlOutcome<T>;
  try {
    outcome = await work(sessionOn(client, timeoutMs));
  } catch (error) {
    if (!isConnectionLost(error)) await client.query("ROLLBACK");
    throw error;
  }
  if (outcome.keep) await commit(client);
  else await client.query("ROLLBACK");
  return outcome.result;
}

async function commit(client: PoolClient): Promise<void> {
  try {
    await client.query("COMMIT");
  } catch (error) {
    throw isConnectionLost(error) ? asStoreError(error, "unknown") : error;
  }
}

function sessionOn(client: PoolClient, timeoutMs?: number): SqlSession {
  return {
    async rows(text, parameters = []) {
      // The types of the driver do not have this option, which replaces the pool's for one statement.
      const longer = timeoutMs === undefined ? {} : { query_timeout: timeoutMs + 1_000 };
      const { rows } = await client.query<SqlRow>({ text, values: [...parameters], ...longer });
      return rows;
    },
  };
}
