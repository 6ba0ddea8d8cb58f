import type { JsonObject } from "../../json/json.ts";
import type { Pause, PauseFacts } from "../../domain/target/pause.ts";
import type { PauseControl, PauseSource } from "../../ports/admin/pauses.ts";
import type { Config } from "../../domain/config.ts";
import { destinationsOf, findDestination } from "../../domain/config.ts";
import type { DestinationRef } from "../../domain/target/target.ts";
import { destinationLabel } from "../../domain/target/target.ts";
import type { PauseRecord } from "./pause-record.ts";
import { readPauseRecord, writePauseRecord } from "./pause-record.ts";
import type { LogUser, SharedLog } from "../control-log/shared-log.ts";

export interface PausesOptions {
  readonly log: SharedLog;
  readonly newId: () => string;
  readonly nowMs: () => number;
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
export class Pauses implements PauseSource, PauseControl, LogUser {
  readonly kind = "pause";
  readonly #log: SharedLog;
  readonly #newId: () => string;
  readonly #nowMs: () => number;
  readonly #listeners: ((label: string) => void)[] = [];
  #configured: ReadonlySet<string> = new Set();
  /** The last record of each destination. A resumed destination keeps its record. */
  readonly #recorded = new Map<string, LogEntry>();
  /** False while the log's past is read: it may pause and resume a destination many times, and only the end counts. */
  #isNotifying = false;

  constructor({ log, newId, nowMs }: PausesOptions) {
    this.#log = log;
    this.#newId = newId;
    this.#nowMs = nowMs;
    log.add(this);
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

  caughtUp(): void {
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
    await this.#log.append(writePauseRecord(record));
    return record;
  }

  renewals(beforeBytes: number): readonly Buffer[] {
    const old = [...this.#recorded.values()].filter(({ record, endBytes }) => record.paused && endBytes < beforeBytes);
    return old.map(({ record }) => writePauseRecord({ ...record, renewed: true }));
  }

  read(read: JsonObject, endBytes: number): boolean {
    const record = readPauseRecord(read);
    if (record === undefined) return false;
    const { destination, id } = record;
    const last = this.#recorded.get(destination)?.record;
    // Another router may have ended the pause between the original and its copy.
    if (record.renewed && last !== undefined && last.id !== id) return true;
    const wasPaused = this.isPaused(destination);
    this.#recorded.set(destination, { record, endBytes });
    if (this.#isNotifying && wasPaused !== this.isPaused(destination)) this.#notify(destination);
    return true;
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
