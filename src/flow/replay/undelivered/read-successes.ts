import type { Config } from "../../../domain/config.ts";
import type { JournalRecord, RecordOf } from "../../../domain/journal/records.ts";
import { readFrame } from "../../../domain/journal/frame.ts";
import type { JournalFrame, JournalReader } from "../../../ports/journal.ts";
import { KnownSuccesses } from "./known-successes.ts";

/** An event's record has the time of its router, and so has the archive. */
const MARGIN_MS = 1_000;
/** Frames come to the broker four times a second, and a slow broker confirms one within 5 s. */
const UNWRITTEN_MS = 1_000;
/** A mark may be lost as any record may: another one follows. */
const MARK_MS = 2_000;
/** The journal is not read at all when nothing of it comes for so long. */
const SILENCE_MS_MAX = 30_000;

/** The journal, as far as a replay reads it. */
export interface ReadableJournal {
  /** Undefined where this router writes no journal: there is none, or it cannot be trusted. */
  open(): Promise<JournalReader> | undefined;
  /** Writes a mark behind everything that this router has written so far. */
  mark(id: string): void;
}

export interface ReadSuccessesOptions {
  readonly journal: ReadableJournal;
  readonly config: () => Config;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly factsMax?: number;
}

/** Which events are asked about. */
export interface AskedEvents {
  /** The bus that they were put on. */
  readonly bus: string;
  /** When the first and the last of them were accepted, in epoch milliseconds. */
  readonly acceptedMs: { readonly first: number; readonly last: number };
}

/** Why the journal cannot be asked, now or later. */
export class JournalUnfit extends Error {
  override readonly name = "JournalUnfit";
}

/**
 * Reads the journal of all routers from when the first event was accepted up to now, and keeps what was delivered of those that were
 * accepted meanwhile.
 *
 * @throws JournalUnfit where there is no journal, or too much in it; Error when it cannot be read now; the signal's reason.
 */
export async function readSuccesses(
  asked: AskedEvents,
  options: ReadSuccessesOptions,
  signal: AbortSignal,
): Promise<KnownSuccesses> {
  const { journal, sleep } = options;
  const opening = journal.open();
  if (opening === undefined) throw new JournalUnfit("no journal is written, so nothing says what was delivered");
  const reader = await opening;
  try {
    await sleep(UNWRITTEN_MS, signal);
    return await new SuccessReading(asked, options).run(reader, signal);
  } finally {
    await reader.close();
  }
}

/** One reading: it ends at a mark of its own, since all that was kept before the mark comes before it. */
class SuccessReading {
  readonly #asked: AskedEvents;
  readonly #options: ReadSuccessesOptions;
  readonly #buses: ReadonlySet<string>;
  readonly #successes: KnownSuccesses;
  /** Routers that leave out successes, by when they said so. */
  readonly #sampling = new Set<string>();
  readonly #mark: string;
  #isAtMark = false;
  #frames = 0;

  constructor(asked: AskedEvents, options: ReadSuccessesOptions) {
    this.#asked = asked;
    this.#options = options;
    this.#buses = reachedFrom(asked.bus, options.config());
    this.#successes = new KnownSuccesses(options.factsMax);
    this.#mark = options.newId();
  }

  async run(reader: JournalReader, signal: AbortSignal): Promise<KnownSuccesses> {
    const { journal, nowMs, steadyMs, sleep } = this.#options;
    const atMs = this.#asked.acceptedMs.first - MARGIN_MS;
    // What was deleted while it was read may have been about any event before.
    const onLost = (): void => this.#successes.lostUntil(nowMs());
    const reading = reader.read({ kind: "time", atMs }, (frames) => this.#readAll(frames), onLost);
    try {
      let [frames, silentSinceMs] = [0, steadyMs()];
      for (let markedMs = -Infinity; !this.#isAtMark && !this.#successes.isFull;) {
        if (steadyMs() - markedMs >= MARK_MS) {
          journal.mark(this.#mark);
          markedMs = steadyMs();
        }
        await sleep(50, signal);
        if (frames !== this.#frames) [frames, silentSinceMs] = [this.#frames, steadyMs()];
        if (steadyMs() - silentSinceMs > SILENCE_MS_MAX) throw new Error("the journal cannot be read");
      }
    } finally {
      await reading.end();
    }
    if (this.#successes.isFull) {
      throw new JournalUnfit("the journal has too many events of that time: take a part of it, with from and to");
    }
    if (this.#sampling.size > 0) this.#successes.lostUntil(nowMs());
    return this.#successes;
  }

  #readAll(frames: readonly JournalFrame[]): Promise<void> {
    for (const { bytes } of frames) {
      if (this.#isAtMark || this.#successes.isFull) break;
      this.#frames += 1;
      const frame = readFrame(bytes);
      // Of a later version: it may say anything.
      if (frame === undefined) this.#successes.lostUntil(this.#options.nowMs());
      else for (const record of frame.records) this.#read(record, frame.router);
    }
    return Promise.resolve();
  }

  #read(record: JournalRecord, router: string): void {
    switch (record.kind) {
      case "event":
        if (record.routed.bus === this.#asked.bus) this.#event(record);
        return;
      case "attempt":
        return this.#attempt(record);
      case "redrive":
        return record.routed.forEach((routed, at) => this.#published(record.routedEventIds?.[at], routed));
      case "loss":
        return this.#successes.lostUntil(record.atMs);
      case "sampling":
        // Before it said so it wrote less as well, or more.
        this.#successes.lostUntil(record.atMs);
        if (record.oneIn > 1) this.#sampling.add(router);
        else this.#sampling.delete(router);
        return;
      case "mark":
        this.#isAtMark ||= record.id === this.#mark;
        return;
      default:
        return;
    }
  }

  #event({ id, atMs, routed }: RecordOf<"event">): void {
    // A replay's record of an event has the time of the replay, and is about one that is known.
    if (this.#isAsked(atMs)) this.#successes.accepted(id, routed.publishedCount <= routed.published.length);
    this.#published(id, routed);
  }

  /** A queue has its message once it is published. All other targets have attempts. */
  #published(eventId: string | undefined, { published }: RecordOf<"event">["routed"]): void {
    if (eventId === undefined || !this.#successes.knows(eventId)) return;
    for (const { origin, to } of published) {
      if (origin !== undefined && to.startsWith("queue/")) this.#successes.delivered(eventId, origin);
    }
  }

  #attempt({ eventId, origin, verdict, failure, firstAtMs }: RecordOf<"attempt">): void {
    if (eventId === undefined || origin === undefined || verdict !== "done" || failure !== undefined) return;
    if (!this.#buses.has(origin.bus)) return;
    // Another router's record of the event may come later than this one.
    if (this.#isAsked(firstAtMs) || this.#successes.knows(eventId)) this.#successes.delivered(eventId, origin);
  }

  #isAsked(atMs: number): boolean {
    const { first, last } = this.#asked.acceptedMs;
    return atMs >= first - MARGIN_MS && atMs <= last + MARGIN_MS;
  }
}

/** A bus, and those that its rules lead to. */
function reachedFrom(bus: string, { rules }: Config): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const rule of rules.values()) {
    for (const { to } of rule.targets) {
      if (to.kind === "event-bus") next.set(rule.bus, [...(next.get(rule.bus) ?? []), to.name]);
    }
  }
  const reached = new Set([bus]);
  for (const one of reached) for (const other of next.get(one) ?? []) reached.add(other);
  return reached;
}
