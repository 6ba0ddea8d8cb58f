/** The thread that owns the database, so that neither an fsync nor a large transaction stops the event loop. */

import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "./database.ts";
import { Dispatcher } from "./dispatcher.ts";
import { GroupCommit } from "./group-commit.ts";
import { LogTable } from "./log-table.ts";
import type { StoreCall, FromWorker, StoreOperations, ToWorker, WorkerSettings } from "./protocol.ts";
import { Store } from "./store.ts";

const PURGE_BYTES_MAX = 1024 * 1024;
const BROWSE_BYTES_MAX = 1024 * 1024;

if (parentPort === null) throw new Error("this file runs as a worker thread only");
const port = parentPort;

const { folder, storeBytesMax } = workerData as WorkerSettings;
const database = openDatabase(folder, storeBytesMax);
const store = new Store(database);
database.exec("BEGIN IMMEDIATE");
store.recover();
database.exec("COMMIT");

const dispatcher = new Dispatcher(store);
const log = new LogTable(database);
const operations: StoreOperations = {
  declare: (queues) => store.declare(queues),
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
  appendRecord: (record) => log.append(record),
  recordsAfter: (position) => log.after(position),
};

/** The moment by the clock that stays right through a restart. Rounded up: never early. */
function dueIn(delayMs: number): number {
  return Math.ceil(Date.now() + delayMs) + 1;
}

function perform({ operation, parameters }: StoreCall): unknown {
  // The main thread calls through a typed function, so the parameters are those of the operation.
  return (operations[operation] as (...parameters: readonly unknown[]) => unknown)(...parameters);
}

function weigh({ operation, parameters }: StoreCall): number {
  return operation === "store" ? (parameters as Parameters<StoreOperations["store"]>)[0].bodies.length : 0;
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
