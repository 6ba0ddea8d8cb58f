import type { ControlLog } from "../../ports/log.ts";
import { LOG_BYTES_MAX } from "../../ports/log.ts";
import type { Config } from "../../domain/config.ts";
import type { Pause, PauseFacts, PauseRecord } from "../../domain/queue/pause-record.ts";
import { readPauseRecord, writePauseRecord } from "../../domain/queue/pause-record.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";

/** After so much of the log has come since a pause, the pause is written again, so that it is never the oldest to go. */
const RENEWED_AFTER_BYTES = LOG_BYTES_MAX / 16;
/** What a record takes on the broker's disk besides its own bytes, generously. */
const RECORD_EXTRA_BYTES = 256;
/** How long a change waits to be heard of on this router. It is durable by then, and heard later all the same. */
const HEARD_TIMEOUT_MS = 2_000;

export interface PausesDeps {
  readonly log: ControlLog;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** Told of the first record that cannot be read, and of no other. */
  readonly onUnreadable: () => void;
}

/** A record with how much of the log had been heard by then. */
interface Heard {
  readonly record: PauseRecord;
  readonly atBytes: number;
}

/**
 * Which destinations are paused: those that the configuration says, and those that somebody has paused on any router,
 * which they all read from the log. A paused destination is not called; its queue fills.
 */
export class Pauses {
  readonly #deps: PausesDeps;
  readonly #listeners: ((label: string) => void)[] = [];
  #configured: ReadonlySet<string> = new Set();
  /** The last record of each destination, also of one that was resumed. */
  readonly #recorded = new Map<string, Heard>();
  readonly #awaited = new Map<string, () => void>();
  #heardBytes = 0;
  #unreadable = false;
  /** Until the log's past has been read, nobody is told: it may pause and resume one destination many times. */
  #reading = true;

  constructor(deps: PausesDeps) {
    this.#deps = deps;
  }

  isPaused(label: string): boolean {
    return this.#configured.has(label) || this.#recorded.get(label)?.record.paused === true;
  }

  /** Told of each destination that has been paused or resumed. */
  onChange(listener: (label: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes over what a configuration says. */
  follow(config: Config): void {
    const next = configuredIn(config);
    const before = this.#configured;
    this.#configured = next;
    for (const label of new Set([...before, ...next])) {
      const changed = before.has(label) !== next.has(label);
      if (changed && this.#recorded.get(label)?.record.paused !== true) this.#tell(label);
    }
  }

  /** Resolves when what was paused before is known, however long the broker takes to tell. */
  async start(): Promise<void> {
    await this.#deps.log.follow((record) => this.#hear(record));
    this.#reading = false;
    for (const [label, { record }] of this.#recorded) {
      if (record.paused && !this.#configured.has(label)) this.#tell(label);
    }
  }

  /** The pause of a destination; undefined when it is not paused. */
  find(label: string): Pause | undefined {
    if (!this.isPaused(label)) return undefined;
    const configured = this.#configured.has(label);
    const record = this.#recorded.get(label)?.record;
    return record?.paused === true ? describe(record, configured) : { destination: label, configured };
  }

  /** Every pause, by destination. */
  list(): readonly Pause[] {
    const recorded = [...this.#recorded.values()].filter(({ record }) => record.paused);
    const labels = new Set([...this.#configured, ...recorded.map(({ record }) => record.destination)]);
    return [...labels].sort().flatMap((label) => this.find(label) ?? []);
  }

  /** Resolves when the pause is durable; rejects with `PublishError` when the broker cannot make it so now. */
  async pause(destination: DestinationRef, facts: PauseFacts): Promise<Pause> {
    const label = destinationLabel(destination);
    return describe(await this.#change(label, true, facts), this.#configured.has(label));
  }

  /** The same for the end of a pause. Resolves with false when only the configuration can end it. */
  async resume(destination: DestinationRef): Promise<boolean> {
    const label = destinationLabel(destination);
    if (this.#configured.has(label)) return false;
    await this.#change(label, false, {});
    return true;
  }

  async #change(destination: string, paused: boolean, facts: PauseFacts): Promise<PauseRecord> {
    const { log, newId, nowMs } = this.#deps;
    const record: PauseRecord = { kind: "pause", id: newId(), destination, paused, atMs: nowMs(), ...facts };
    const { promise: heard, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, HEARD_TIMEOUT_MS, undefined);
    this.#awaited.set(record.id, () => resolve(undefined));
    try {
      await log.append(writePauseRecord(record));
      await heard;
    } finally {
      clearTimeout(timer);
      this.#awaited.delete(record.id);
    }
    await this.#renew();
    return record;
  }

  /** The log grows by changes alone, so whoever makes one sees to the old pauses. What fails is made up for by the next. */
  async #renew(): Promise<void> {
    const oldest = this.#heardBytes - RENEWED_AFTER_BYTES;
    const old = [...this.#recorded.values()].filter(({ record, atBytes }) => record.paused && atBytes < oldest);
    const renewed = old.map(({ record }) => this.#deps.log.append(writePauseRecord({ ...record, renewed: true })));
    await Promise.allSettled(renewed);
  }

  #hear(body: Buffer): void {
    this.#heardBytes += body.length + RECORD_EXTRA_BYTES;
    const record = readPauseRecord(body);
    if (record === undefined) return this.#reportUnreadable();
    const { destination } = record;
    const last = this.#recorded.get(destination)?.record;
    // A copy may come after the pause it copies has ended: routers write at the same time.
    if (record.renewed && last !== undefined && last.id !== record.id) return;
    const wasPaused = this.isPaused(destination);
    this.#recorded.set(destination, { record, atBytes: this.#heardBytes });
    if (!this.#reading && wasPaused !== this.isPaused(destination)) this.#tell(destination);
    this.#awaited.get(record.id)?.();
  }

  #reportUnreadable(): void {
    if (!this.#unreadable) this.#deps.onUnreadable();
    this.#unreadable = true;
  }

  #tell(label: string): void {
    for (const listener of this.#listeners) listener(label);
  }
}

function describe({ destination, atMs, by, reason }: PauseRecord, configured: boolean): Pause {
  return {
    destination,
    configured,
    since: new Date(atMs).toISOString(),
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function configuredIn({ functions, apiDestinations }: Config): ReadonlySet<string> {
  const refs: DestinationRef[] = [
    ...[...functions.values()].filter((fn) => fn.paused).map(({ name }) => ({ kind: "function", name }) as const),
    ...[...apiDestinations.values()]
      .filter((destination) => destination.paused)
      .map(({ name }) => ({ kind: "api-destination", name }) as const),
  ];
  return new Set(refs.map(destinationLabel));
}
