/** The thread that owns the database, so that neither an fsync nor a large transaction stops the event loop. */

import { parentPort, workerData } from "node:worker_threads";
import { ArchiveTables } from "../archive/archive-tables.ts";
import { openDatabase } from "../database.ts";
import { fifoOperations } from "../fifo/fifo-operations.ts";
import { Dispatcher } from "./consuming/dispatcher.ts";
import { GroupCommit } from "./group-commit.ts";
import { holdOperations } from "../holds/hold-operations.ts";
import { LogTable } from "../log/log-table.ts";
import type { BrokerCall, FromWorker, BrokerOperations, ToWorker, WorkerSettings } from "./protocol.ts";
import { MessageTables } from "./messages/message-tables.ts";

const PURGE_BYTES_MAX = 1024 * 1024;
const BROWSE_BYTES_MAX = 1024 * 1024;
/** More than any consumer holds. */
const HELD_MAX = 65_535;

if (parentPort === null) throw new Error("this file runs as a worker thread only");
const port = parentPort;

const { folder, storeBytesMax } = workerData as WorkerSettings;
const database = openDatabase(folder, storeBytesMax);
const archives = new ArchiveTables(database);
const store = new MessageTables(database, archives);
database.exec("BEGIN IMMEDIATE");
store.recover();
database.exec("COMMIT");

const dispatcher = new Dispatcher(store);
const log = new LogTable(database);
const operations: BrokerOperations = {
  declare: (queues) => store.declare(queues),
  removeQueue(name) {
    const queue = store.queue(name);
    return queue === undefined || store.removeQueue(queue);
  },
  store(messages, delayMs) {
    const unroutable = store.add(messages, delayMs === undefined ? undefined : dueIn(delayMs));
    if (delayMs === undefined) for (const { queue } of messages.envelopes) dispatcher.wake(queue);
    return unroutable;
  },
  subscribe(subscription) {
    if (store.queue(subscription.queue) === undefined) return false;
    dispatcher.subscribe(subscription);
    return true;
  },
  unsubscribe: (consumer) => dispatcher.unsubscribe(consumer),
  release(queue, consumer) {
    store.giveBackOf(consumer, HELD_MAX);
    dispatcher.unsubscribe(consumer);
    dispatcher.wake(queue);
  },
  settle(queue, sequence, settlement) {
    if (settlement === "ack") store.remove(sequence);
    else store.giveBack(sequence);
    dispatcher.wake(queue);
  },
  depth(name) {
    const queue = store.queue(name);
    return queue && { ready: store.countReady(queue), consumers: dispatcher.countConsumers(name) };
  },
  peek(name, limit) {
    const queue = store.queue(name);
    return queue && store.peek(queue, limit);
  },
  browse(name, reader, limit) {
    const queue = store.queue(name);
    return queue && store.handOut(queue, reader, limit, BROWSE_BYTES_MAX);
  },
  endBrowseSlice(queue, reader, limit) {
    const count = store.giveBackOf(reader, limit);
    dispatcher.wake(queue);
    return count;
  },
  purgeSlice(name, limit) {
    const queue = store.queue(name);
    return queue && store.purge(queue, limit, PURGE_BYTES_MAX);
  },
  ...holdOperations(database, store, dispatcher),
  ...fifoOperations(database, store, dispatcher),
  appendRecord: (record) => log.append(record),
  recordsAfter: (position) => log.after(position),
  archiveExtent: (stream) => archives.extent(stream),
  archiveSince: (stream, atMs) => archives.since(stream, atMs),
  archiveSlice: (stream, from, to) => archives.slice(stream, from, to),
  removeArchiveSlice: (stream) => archives.removeSlice(stream),
};

/** The moment by the clock that stays right through a restart. Rounded up: never early. */
function dueIn(delayMs: number): number {
  return Math.ceil(Date.now() + delayMs) + 1;
}

function perform({ operation, parameters }: BrokerCall): unknown {
  // The main thread calls through a typed function, so the parameters are those of the operation.
  return (operations[operation] as (...parameters: readonly unknown[]) => unknown)(...parameters);
}

function weigh({ operation, parameters }: BrokerCall): number {
  if (operation !== "store" && operation !== "sendFifo") return 0;
  return (parameters as Parameters<BrokerOperations["store" | "sendFifo"]>)[0].bodies.length;
}

function send(message: FromWorker): void {
  const bodies =
    message.kind === "handed-out" ? message.messages.map((handedOut) => handedOut.message.body.buffer) : [];
  port.postMessage(message, bodies);
}

send({ kind: "opened" });
const commits = new GroupCommit({ database, store, dispatcher, perform, weigh, send, closed: () => port.close() });
port.on("message", (message: ToWorker) => {
  if (message === "close") commits.close();
  else commits.add(message);
});
