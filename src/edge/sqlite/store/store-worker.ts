/** The thread that owns the store's file, so that neither an fsync nor a long scan stops the event loop. */

import { parentPort, workerData } from "node:worker_threads";
import type { SqlDatabase, SqlOutcome, SqlSession } from "../../store/sql.ts";
import { SQLITE_DIALECT } from "../../store/sql.ts";
import { SqlStore } from "../../store/sql-store.ts";
import { serveCalls } from "../serve-calls.ts";
import { SqliteSession, openStoreFile } from "./store-file.ts";
import type { SqliteStoreOperations, SqliteStoreSettings } from "./store-protocol.ts";

if (parentPort === null) throw new Error("this file runs as a worker thread only");

const { folder, bytesMax } = workerData as SqliteStoreSettings;
const database = await openStoreFile(folder, bytesMax);
const session = new SqliteSession(database);
/** Settles when everything asked so far is done: the connection is in one transaction at a time. */
let before: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = before.then(work);
  before = turn.catch(() => undefined);
  return turn;
}

async function inTransaction<T>(work: (session: SqlSession) => Promise<SqlOutcome<T>>): Promise<T> {
  database.exec("BEGIN IMMEDIATE");
  try {
    const { keep, result } = await work(session);
    database.exec(keep ? "COMMIT" : "ROLLBACK");
    return result;
  } catch (error) {
    // SQLite has rolled back by itself when the disk is full.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

const store = new SqlStore({
  dialect: SQLITE_DIALECT,
  read: (text, parameters) => inTurn(() => session.rows(text, parameters)),
  write: (text, parameters) => inTurn(() => session.rows(text, parameters)),
  transaction: (work) => inTurn(() => inTransaction(work)),
} satisfies SqlDatabase);

const operations: SqliteStoreOperations = {
  get: (...parameters) => store.get(...parameters),
  scan: (...parameters) => store.scan(...parameters),
  commit: (...parameters) => store.commit(...parameters),
  revision: () => store.revision(),
  changedAfter: (...parameters) => store.changedAfter(...parameters),
  acquire: (...parameters) => store.acquire(...parameters),
  release: (...parameters) => store.release(...parameters),
  claimDue: (...parameters) => store.claimDue(...parameters),
  nextDueInMs: (...parameters) => store.nextDueInMs(...parameters),
};

serveCalls(parentPort, { ...operations }, () => inTurn(() => Promise.resolve(database.close())));
