import type { Archive } from "../../domain/archive/archive.ts";
import type { Config } from "../../domain/config.ts";
import { replayedEvent } from "../../domain/event/archived-event.ts";
import type { ArchivedEvents, ArchivedMatch, ArchivedMatches } from "../../ports/admin/archived-events.ts";
import { ARCHIVED_BYTES_MAX, ARCHIVED_EVENTS_MAX } from "../../ports/admin/archived-events.ts";
import type { ArchivedEvent, ArchiveReader } from "../../ports/broker/archive.ts";
import { CLOCKS_APART_MS } from "../../ports/broker/archive.ts";
import { match } from "../route/match.ts";

/** The caller waits for the answer. */
const READ_MS_MAX = 15_000;

export interface ArchivedEventsOptions {
  readonly archives: Pick<ArchiveReader, "extent" | "since" | "read">;
  readonly config: () => Config;
  readonly steadyMs: () => number;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
  readonly bounds?: { readonly events: number; readonly bytes: number };
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Reads archived events with what they match now. One reading at a time: each may hold some MiB. */
export function createArchivedEvents(options: ArchivedEventsOptions): ArchivedEvents {
  let last: Promise<unknown> = Promise.resolve();
  return {
    matches: (name, span) => {
      const reading = last.then(() => {
        const archive = options.config().archives.get(name);
        return archive === undefined ? undefined : new Reading(archive, span, options).run();
      });
      last = reading.catch(() => undefined);
      return reading;
    },
  };
}

class Reading {
  readonly #archive: Archive;
  readonly #span: Span;
  readonly #options: ArchivedEventsOptions;
  readonly #events: ArchivedMatch[] = [];
  readonly #enough = new AbortController();
  #bytes = 0;
  #unmatchable = 0;
  #end: ArchivedMatches["end"] = "finished";

  constructor(archive: Archive, span: Span, options: ArchivedEventsOptions) {
    this.#archive = archive;
    this.#span = span;
    this.#options = options;
  }

  async run(): Promise<ArchivedMatches | undefined> {
    const { archives, steadyMs, pause } = this.#options;
    const { name } = this.#archive;
    const [from, extent] = [await archives.since(name, this.#span.fromMs), await archives.extent(name)];
    if (from === undefined || extent === undefined) return undefined;
    const deadlineMs = steadyMs() + READ_MS_MAX;
    await archives.read(
      name,
      { from, to: extent.end },
      async (events) => {
        for (const event of events) if (!this.#enough.signal.aborted) await this.#take(event);
        await pause();
        if (steadyMs() > deadlineMs) this.#endBy("time");
      },
      this.#enough.signal,
    );
    return { events: this.#events, end: this.#end, unmatchable: this.#unmatchable };
  }

  async #take({ atMs, body }: ArchivedEvent): Promise<void> {
    const { fromMs, toMs } = this.#span;
    const { events, bytes } = this.#options.bounds ?? { events: ARCHIVED_EVENTS_MAX, bytes: ARCHIVED_BYTES_MAX };
    // Routers' clocks differ: what is stored later may have been accepted a little earlier.
    if (atMs > toMs + CLOCKS_APART_MS) return this.#enough.abort();
    if (atMs < fromMs || atMs > toMs) return;
    if (this.#events.length === events) return this.#endBy("count");
    if (this.#bytes + body.length > bytes) return this.#endBy("bytes");
    this.#bytes += body.length;
    const event = replayedEvent(body, { name: undefined, bus: this.#archive.bus, nowMs: atMs });
    const { config, pause } = this.#options;
    const matched = event && (await match(event, { config: config(), pause }));
    if (event === undefined || matched === undefined || "reason" in matched) this.#unmatchable += 1;
    else this.#events.push({ id: event.id, atMs, json: event.json, rules: matched.rules });
  }

  #endBy(end: ArchivedMatches["end"]): void {
    this.#end = end;
    this.#enough.abort();
  }
}
