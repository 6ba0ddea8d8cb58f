import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JournalIndex } from "../src/console/index/journal-index.ts";
import type { JournalFrame } from "../src/ports/journal.ts";
import { ASKED_DESTINATION, ASKED_TYPE, journalFrames } from "./index/journal-frames.ts";
import { median, percentile } from "./median.ts";

const FRAMES_A_CALL = 16;
const TIMES = 50;

interface Options {
  readonly events: number;
  readonly json?: boolean;
}

interface QueryFigures {
  readonly name: string;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** How fast the console's index takes a journal in, what that costs, and how fast it answers. */
export async function benchIndex({ events, json }: Options): Promise<void> {
  const say = (text: string): unknown => json || process.stdout.write(`${text}\n`);
  const folder = mkdtempSync(join(tmpdir(), "busbar-bench-index-"));
  const index = await JournalIndex.open(folder);
  try {
    const startMs = Date.now() - events;
    const taken = await addAll(index, events, startMs);
    const { bytes, segments } = await index.coverage();
    const figures = { ...taken, bytesPerEvent: Math.round(bytes / events), segments };
    say(`indexed: ${figures.eventsPerSecond} events/s, ${figures.cpuMicrosPerEvent} µs of CPU an event`);
    say(`kept: ${figures.bytesPerEvent} bytes an event in ${segments} segments`);
    const queries: QueryFigures[] = [];
    for (const [name, ask] of Object.entries(questions(index, taken.askedIds, startMs, events))) {
      const one = { name, ...(await timesOf(ask)) };
      queries.push(one);
      say(`${name.padEnd(44)} p50 ${one.p50Ms.toFixed(2).padStart(8)} ms  p95 ${one.p95Ms.toFixed(2).padStart(8)} ms`);
    }
    const { askedIds: _, ...shown } = figures;
    if (json) process.stdout.write(`${JSON.stringify({ ...shown, queries })}\n`);
  } finally {
    await index.close();
    rmSync(folder, { recursive: true });
  }
}

/** Adds some frames at a time. Making them is not measured: neither its time nor its CPU time. */
async function addAll(index: JournalIndex, events: number, startMs: number) {
  let elapsedMs = 0;
  let cpuMicros = 0;
  const askedIds: string[] = [];
  const add = async (frames: readonly JournalFrame[]) => {
    const startedAtMs = performance.now();
    const before = process.cpuUsage();
    await index.add(frames);
    const { user, system } = process.cpuUsage(before);
    elapsedMs += performance.now() - startedAtMs;
    cpuMicros += user + system;
  };
  let frames: JournalFrame[] = [];
  for (const frame of journalFrames(events, startMs, (id, number) => number % 997 === 0 && askedIds.push(id))) {
    frames.push(frame);
    if (frames.length < FRAMES_A_CALL) continue;
    await add(frames);
    frames = [];
  }
  await add(frames);
  return {
    askedIds,
    eventsPerSecond: Math.round((events * 1_000) / elapsedMs),
    cpuMicrosPerEvent: Number((cpuMicros / events).toFixed(1)),
  };
}

function questions(index: JournalIndex, ids: readonly string[], startMs: number, events: number) {
  let turn = 0;
  const nextId = () => ids[turn++ % ids.length] ?? "";
  const middleMs = startMs + events / 2;
  return {
    "an event by id, with its attempts": () => index.eventById(nextId()),
    "an id that is not kept": () => index.eventById(`${nextId().slice(0, -1)}x`),
    "the newest 100 events": () => index.events({}),
    "100 events from the middle on": () => index.events({ to: middleMs }),
    "100 events of one type and rule": () => index.events({ type: ASKED_TYPE, rule: "rule-3" }),
    "events of a type that nobody put": () => index.events({ type: "Nothing" }),
    "events from a source that put two": () => index.events({ source: "seldom" }),
    "100 events that are failing": () => index.events({ outcome: "failing" }),
    "100 events to one destination": () => index.events({ destination: ASKED_DESTINATION }),
    "a count of more than 10,000 events": () => index.countEvents({}),
    "the last 100 failures of a destination": () =>
      index.attempts({ destination: ASKED_DESTINATION, failedOnly: true }),
    "the last 100 attempts of a destination": () => index.attempts({ destination: ASKED_DESTINATION }),
    "dead letters in groups": () => index.letterGroups({}),
    "a summary of 100 steps": () => index.summary({ fromMs: startMs, toMs: startMs + events, stepMs: events / 100 }),
  };
}

async function timesOf(ask: () => Promise<unknown>): Promise<Omit<QueryFigures, "name">> {
  const times: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const startedAtMs = performance.now();
    await ask();
    times.push(performance.now() - startedAtMs);
  }
  return { p50Ms: Number(median(times).toFixed(2)), p95Ms: Number(percentile(times, 95).toFixed(2)) };
}
