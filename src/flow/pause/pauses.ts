import type { ControlLog } from "../../ports/log.ts";
import { LOG_BYTES_MAX } from "../../ports/log.ts";
import type { Pause, PauseFacts } from "../../domain/target/pause.ts";
import type { PauseControl, PauseSource } from "../../ports/pauses.ts";
import type { Config } from "../../domain/config.ts";
import { destinationsOf, findDestination } from "../../domain/config.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { PauseRecord } from "./pause-record.ts";
import { readPauseRecord, writePauseRecord } from "./pause-record.ts";

/** A pause is written again once the log has grown by this much: a full log discards its oldest records. */
const RENEWED_AFTER_BYTES = LOG_BYTES_MAX / 16;
/** A generous bound on what the broker stores for a record besides its body. */
const RECORD_EXTRA_BYTES = 256;
/** How long a change waits until this router has read it back from the log. It is durable already. */
const READ_BACK_TIMEOUT_MS = 2_000;

export interface PausesOptions {
  readonly log: ControlLog;
  readonly newId: () => string;
  readonly nowMs: () => number;
  /** Called for the first record that cannot be read, and for no later one. */
  readonly onUnreadable: () => void;
}

/** A record, and how many bytes of the log had been read up to its end. */
interface LogEntry {
  readonly record: PauseRecord;
  readonly endBytes: number;
}

/**
 * Which destinations are paused: by the configuration, or by an operator on any router. Routers share operators'
 * pauses through the control log. A paused destination is not called; its queue fills.
 */
export class Pauses implements PauseSource, PauseControl {
  readonly #log: ControlLog;
  readonly #newId: () => string;
  readonly #nowMs: () => number;
  readonly #onUnreadable: () => void;
  readonly #listeners: ((label: string) => void)[] = [];
  #configured: ReadonlySet<string> = new Set();
  /** The last record of each destination. A resumed destination keeps its record. */
  readonly #recorded = new Map<string, LogEntry>();
  /** Changes of this router that it has not read back from the log yet, by the record's id. */
  readonly #unread = new Map<string, () => void>();
  #readBytes = 0;
  #unreadableSeen = false;
  /** False while the log's past is read: it may pause and resume a destination many times, and only the end counts. */
  #isNotifying = false;

  constructor({ log, newId, nowMs, onUnreadable }: PausesOptions) {
    this.#log = log;
    this.#newId = newId;
    this.#nowMs = nowMs;
    this.#onUnreadable = onUnreadable;
  }

  isPaused(label: string): boolean {
    return this.#configured.has(label) || this.#isRecorded(label);
  }

  onChange(listener: (label: string) => void): void {
    this.#listeners.push(listener);
  }

  /** Takes over the pauses of another configuration. */
  follow(config: Config): void {
    const next = configuredIn(config);
    const before = this.#configured;
    this.#configured = next;
    for (const label of new Set([...before, ...next])) {
      const changed = before.has(label) !== next.has(label);
      if (changed && !this.#isRecorded(label)) this.#notify(label);
    }
  }

  /** Reads the log. Resolves when its past is read, without a bound in time: the broker may take long. */
  async start(): Promise<void> {
    await this.#log.follow((body) => this.#read(body));
    this.#isNotifying = true;
    for (const [label, { record }] of this.#recorded) {
      if (record.paused && !this.#configured.has(label)) this.#notify(label);
    }
  }

  /** The pause of a destination; undefined when it is not paused. */
  find(label: string): Pause | undefined {
    if (!this.isPaused(label)) return undefined;
    const configured = this.#configured.has(label);
    const record = this.#recorded.get(label)?.record;
    return record?.paused === true ? describe(record, configured) : { destination: label, configured };
  }

  list(): readonly Pause[] {
    const labels = new Set([...this.#configured, ...this.#recorded.keys()]);
    return [...labels].sort().flatMap((label) => this.find(label) ?? []);
  }

  async pause(destination: DestinationRef, facts: PauseFacts): Promise<Pause> {
    const label = destinationLabel(destination);
    return describe(await this.#change(label, true, facts), this.#configured.has(label));
  }

  async resume(destination: DestinationRef): Promise<boolean> {
    const label = destinationLabel(destination);
    if (this.#configured.has(label)) return false;
    await this.#change(label, false, {});
    return true;
  }

  #isRecorded(label: string): boolean {
    return this.#recorded.get(label)?.record.paused === true;
  }

  async #change(destination: string, paused: boolean, facts: PauseFacts): Promise<PauseRecord> {
    const [id, atMs] = [this.#newId(), this.#nowMs()];
    const record: PauseRecord = { kind: "pause", id, destination, paused, atMs, ...facts };
    const { promise: readBack, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, READ_BACK_TIMEOUT_MS, undefined);
    this.#unread.set(id, () => resolve(undefined));
    try {
      await this.#log.append(writePauseRecord(record));
      await readBack;
    } finally {
      clearTimeout(timer);
      this.#unread.delete(id);
    }
    await this.#renew();
    return record;
  }

  /** Only changes make the log grow, so each change renews the old pauses. The next change repeats what fails here. */
  async #renew(): Promise<void> {
    const oldBytes = this.#readBytes - RENEWED_AFTER_BYTES;
    const old = [...this.#recorded.values()].filter(({ record, endBytes }) => record.paused && endBytes < oldBytes);
    await Promise.allSettled(old.map(({ record }) => this.#log.append(writePauseRecord({ ...record, renewed: true }))));
  }

  #read(body: Buffer): void {
    this.#readBytes += body.length + RECORD_EXTRA_BYTES;
    const record = readPauseRecord(body);
    if (record === undefined) return this.#reportUnreadable();
    const { destination, id } = record;
    const last = this.#recorded.get(destination)?.record;
    // Another router may have ended the pause between the original and its copy.
    if (record.renewed && last !== undefined && last.id !== id) return;
    const wasPaused = this.isPaused(destination);
    this.#recorded.set(destination, { record, endBytes: this.#readBytes });
    if (this.#isNotifying && wasPaused !== this.isPaused(destination)) this.#notify(destination);
    this.#unread.get(id)?.();
  }

  #reportUnreadable(): void {
    if (!this.#unreadableSeen) this.#onUnreadable();
    this.#unreadableSeen = true;
  }

  #notify(label: string): void {
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

function configuredIn(config: Config): ReadonlySet<string> {
  const paused = destinationsOf(config).filter((destination) => findDestination(config, destination)?.paused);
  return new Set(paused.map(destinationLabel));
}
