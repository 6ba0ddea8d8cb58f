import { Slots } from "../../../../src/async/slots.ts";
import type { JobProgress } from "../../../../src/domain/job/job.ts";
import { NO_PROGRESS } from "../../../../src/domain/job/job.ts";
import type { Config } from "../../../../src/domain/config.ts";
import { composeEvent } from "../../../../src/domain/event/event.ts";
import type { Message } from "../../../../src/domain/queue/message.ts";
import type { ReplayOrder } from "../../../../src/domain/replay/replay.ts";
import type { ReplayRunOptions } from "../../../../src/flow/replay/replay-run.ts";
import { replayWork } from "../../../../src/flow/replay/replay-run.ts";
import type { WorkEnd } from "../../../../src/ports/admin/jobs.ts";
import type { ArchivedEvent, ArchiveExtent } from "../../../../src/ports/broker/archive.ts";
import { IDENTITY, sampleConfig, sampleFunction, sampleRule, sampleTarget } from "../../../support/sample.ts";
import { JournalInMemory } from "./journal-in-memory.ts";
import { RecordingObserver } from "../../../support/observe/recording-observer.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;

/** An archived event whose id says its place and its time. */
export function archived(position: number, timeMs: number, source = "shop"): ArchivedEvent {
  const { body } = composeEvent({
    id: `e-${position}-${timeMs}`,
    source,
    detailType: 'Said ",\\"time\\":\\"2001-01-01T00:00:00Z\\"',
    account: IDENTITY.accountId,
    region: IDENTITY.region,
    timeMs,
    resources: [],
    detailJson: `{"at":${timeMs}}`,
  });
  return { position, atMs: timeMs, body };
}

const FUNCTION = { kind: "function", name: "f" } as const;

/** Two rules for `shop`, one of them with two targets. */
export const CONFIG: Config = sampleConfig({
  functions: [sampleFunction("f")],
  rules: [
    sampleRule("first", { source: ["shop"] }, [sampleTarget("a", FUNCTION), sampleTarget("b", FUNCTION)]),
    sampleRule("second", { source: ["shop"] }, [sampleTarget("c", FUNCTION)]),
  ],
});

export const ORDER: ReplayOrder = {
  kind: "replay",
  name: "again",
  archive: "all",
  bus: "default",
  fromMs: 0,
  toMs: 100 * HOUR_MS,
};

/** An archive in memory, a broker that keeps what it is sent, and the work of one replay between them. */
export class ReplayWorld {
  readonly sent: Message[] = [];
  readonly observer = new RecordingObserver();
  /** Every progress that was reported: whoever carries on may have heard any of them. */
  readonly reported: { readonly progress: JobProgress; readonly problem: string | undefined }[] = [];
  readonly journal = new JournalInMemory();
  readonly successSets = new Slots(() => 1);
  /** How many events were handed over. */
  read = 0;
  config = CONFIG;
  nowMs = 0;
  ratePerSecond: number | undefined;
  /** Whether the archive is no more: a reading that is under way ends early. */
  isDeleted = false;
  /** Called for each batch. What it throws is thrown; the router dies before or after the batch is stored. */
  onPublish: (messages: readonly Message[]) => "before" | "after" | undefined = () => undefined;
  /** Resolves when a batch that is stored is confirmed. */
  onConfirm: (messages: readonly Message[]) => Promise<void> = () => Promise.resolve();
  readonly #events: readonly ArchivedEvent[];
  readonly #bounds: ReplayRunOptions["bounds"];
  /** How many events come with one call. */
  readonly #step: number;

  constructor(events: readonly ArchivedEvent[], bounds?: ReplayRunOptions["bounds"], step = 7) {
    this.#events = events;
    this.#bounds = bounds;
    this.#step = step;
  }

  /** One piece of work, that goes on from there. */
  run(order: ReplayOrder, before: JobProgress = NO_PROGRESS): Promise<WorkEnd> {
    const interrupt = new AbortController();
    const work = replayWork({
      archives: {
        extent: () => Promise.resolve(this.isDeleted ? undefined : this.#extent()),
        read: (_archive, { from, to }, listener) => this.#readOut(from, to, listener),
      },
      broker: {
        declare: () => Promise.resolve(),
        publish: (messages) => {
          const dies = this.onPublish(messages);
          if (dies !== "before") this.sent.push(...messages);
          if (dies === undefined) return this.onConfirm(messages);
          interrupt.abort(new Error("killed"));
          return Promise.reject(new Error("killed"));
        },
      },
      journal: this.journal,
      successSets: this.successSets,
      newId: () => `mark ${this.journal.opened}`,
      config: () => this.config,
      identity: IDENTITY,
      deriveId: (text) => `of ${text}`,
      observer: this.observer,
      nowMs: () => this.nowMs,
      steadyMs: () => this.nowMs,
      idleMs: () => this.nowMs,
      sleep: (ms, signal) => {
        signal.throwIfAborted();
        this.nowMs += Math.max(1, ms);
        return Promise.resolve();
      },
      pause: () => Promise.resolve(),
      ...(this.#bounds === undefined ? {} : { bounds: this.#bounds }),
    });
    return work(order, {
      jobId: "job",
      before,
      signal: interrupt.signal,
      ratePerSecond: () => this.ratePerSecond,
      reached: (progress, problem) => void this.reported.push({ progress, problem }),
      hold: () => undefined,
      extendHold: () => Promise.resolve(),
    });
  }

  /** The ids of the events that were put on the bus again, each once for all of its deliveries of a batch. */
  get sentIds(): readonly string[] {
    const ids = this.sent.map(({ body }) => (JSON.parse(body.toString()) as { id: string }).id);
    return ids.filter((id, index) => id !== ids[index - 1]);
  }

  #extent(): ArchiveExtent {
    return { first: 0, end: (this.#events.at(-1)?.position ?? -1) + 1, events: 0, bytes: 0 };
  }

  async #readOut(from: number, to: number, listener: (events: readonly ArchivedEvent[]) => Promise<void>) {
    const events = this.#events.filter(({ position }) => position >= from && position < to);
    for (let at = 0; at < events.length && !this.isDeleted; at += this.#step) {
      const step = events.slice(at, at + this.#step);
      this.read += step.length;
      await listener(step);
    }
  }
}

/** What a delivery's message holds of the event. */
export function eventIn({ body }: Pick<Message, "body">): Record<string, unknown> {
  return JSON.parse(body.toString()) as Record<string, unknown>;
}
