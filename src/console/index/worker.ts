/** The thread that owns the index, so that neither indexing nor a long query stops the console's event loop. */

import { parentPort, workerData } from "node:worker_threads";
import { readFrame } from "../../domain/journal/frame.ts";
import type { FromIndex, IndexCall, IndexOperations, IndexSettings, ToIndex } from "./protocol.ts";
import { listAttempts } from "./queries/attempt-list.ts";
import { listEventBodies } from "./queries/event-bodies.ts";
import { findConfiguration, findDocument, listConfigurations } from "./queries/configuration-list.ts";
import { countEvents, listEvents } from "./queries/event-list.ts";
import { deliveryById, eventById } from "./queries/event-ways.ts";
import { flowsOf } from "./queries/flows.ts";
import { listHappenings } from "./queries/happening-list.ts";
import { groupLetters, listLetters } from "./queries/letter-list.ts";
import { coverageOf, summarise } from "./queries/overview.ts";
import { DamagedSegmentError } from "./segments/segment.ts";
import { Segments } from "./segments/segments.ts";

if (parentPort === null) throw new Error("this file runs as a worker thread only");
const port = parentPort;

const { folder, bounds } = workerData as IndexSettings;
const segments = Segments.open(folder, bounds);
let behindMs: number | undefined;

const operations: IndexOperations = {
  add(frames) {
    const received = frames.map(({ position, bytes }) => ({ position, bytes: bufferOf(bytes) }));
    segments.add(received);
    const last = received.at(-1);
    const frame = last && readFrame(last.bytes);
    if (frame !== undefined) behindMs = Math.max(0, Date.now() - frame.startedAtMs);
  },
  lost: (atMs) => segments.lost(atMs),
  start() {
    const { position } = segments.about;
    return position === undefined ? { kind: "oldest" } : { kind: "after", position };
  },
  eventById: (id) => eventById(segments.newestFirst, id),
  deliveryById: (id) => deliveryById(segments.newestFirst, id),
  events: (filter) => listEvents(segments.newestFirst, filter),
  countEvents: (filter) => countEvents(segments.newestFirst, filter),
  eventBodies: (filter) => listEventBodies(segments.newestFirst, filter),
  attempts: (filter) => listAttempts(segments.newestFirst, filter),
  letters: (filter) => listLetters(segments.newestFirst, filter),
  letterGroups: (filter) => groupLetters(segments.newestFirst, filter),
  happenings: (kind, filter) => listHappenings(segments.newestFirst, kind, filter),
  summary: (range) => summarise(segments.newestFirst, range),
  flows: (atMs) => flowsOf(segments.newestFirst, atMs),
  coverage: () => coverageOf(segments.newestFirst, segments.about, behindMs),
  configurations: () => listConfigurations(segments.newestFirst),
  configuration: (digest) => findConfiguration(segments.newestFirst, digest),
  document: (digest) => findDocument(segments.newestFirst, digest),
};

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function perform({ call, operation, parameters }: IndexCall): void {
  try {
    // The main thread calls through a typed function, so the parameters are those of the operation.
    const value = (operations[operation] as (...parameters: readonly unknown[]) => unknown)(...parameters);
    send({ kind: "reply", call, value });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isDamaged = error instanceof DamagedSegmentError;
    if (isDamaged) segments.deleteFrom(error.path);
    send({ kind: "failure", call, reason: isDamaged ? "damaged" : reasonOf(error), error });
    if (isDamaged) close();
  }
}

function reasonOf(error: Error): "refused" | "failed" {
  return error instanceof RangeError ? "refused" : "failed";
}

function send(message: FromIndex): void {
  port.postMessage(message);
}

function close(): void {
  segments.close();
  port.close();
}

send({ kind: "opened" });
port.on("message", (message: ToIndex) => {
  if (message === "close") close();
  else perform(message);
});
