import { Waking } from "../../../async/waking.ts";
import { BATCH_BYTES_MAX } from "../../../domain/mapping/mapping.ts";
import type { StreamedRecord, StreamReader, StreamStart } from "../../../ports/broker/streams.ts";
import type { InFlightBytes } from "../../budget/in-flight.ts";
import { filterableData, fitsFilters } from "../records/fits-filters.ts";
import type { ProgressMark } from "./checkpoint-message.ts";
import type { LaneCallerDeps, PartitionOptions } from "./lane-caller.ts";
import { LaneCaller } from "./lane-caller.ts";
import { kinesisRecord, sequenceNumber } from "./kinesis-event.ts";
import type { ReadingState } from "./reading-state.ts";
import type { StreamLane } from "./stream-lane.ts";
import { StreamProgress } from "./stream-progress.ts";

/** How many bytes of records one partition has in memory, as the function is shown them. */
const IN_MEMORY_BYTES_MAX = 16 * 1024 * 1024;
/** What is left of a batch's bytes for what stands around its records. */
const AROUND_BYTES = 1024;
const RETRY_MS = 1_000;
/** A reading that has gone on for so long is taken to go well although nothing has come. */
const GOES_WELL_MS = 5_000;

export interface PartitionWorkDeps extends LaneCallerDeps {
  readonly streams: StreamReader;
  readonly inFlight: Pick<InFlightBytes, "take" | "release">;
}

/**
 * One reading of a partition, from a checkpoint on, for as long as this router holds the lease: a loop that reads, and one for
 * each lane that calls.
 */
export class PartitionWork {
  readonly #options: PartitionOptions;
  readonly #deps: PartitionWorkDeps;
  readonly #progress: StreamProgress;
  readonly #callers: readonly LaneCaller[];
  readonly #room = new Waking();
  readonly #onProgress: () => void;
  readonly #state: ReadingState;
  readonly #from: StreamStart;
  #countedBytes = 0;

  /**
   * @param state is told how the reading goes.
   * @param onProgress called when `mark` may have changed.
   */
  constructor(
    options: PartitionOptions,
    deps: PartitionWorkDeps,
    { from, window }: ProgressMark,
    state: ReadingState,
    onProgress: () => void,
  ) {
    this.#options = options;
    this.#deps = deps;
    this.#from = from;
    this.#state = state;
    this.#onProgress = () => {
      this.#tellProgress();
      onProgress();
    };
    const { mapping } = options;
    const { source } = mapping;
    const settings = {
      batchSize: mapping.batchSize,
      batchBytesMax: BATCH_BYTES_MAX - AROUND_BYTES,
      batchWindowMs: mapping.batchWindowSeconds * 1_000,
      bisects: source.bisectBatchOnFunctionError,
      retriesMax: source.maximumRetryAttempts < 0 ? Infinity : source.maximumRetryAttempts,
      ageMsMax: source.maximumRecordAgeSeconds < 0 ? Infinity : source.maximumRecordAgeSeconds * 1_000,
      tumblingWindowMs: source.tumblingWindowSeconds * 1_000,
    };
    const offset = from.kind === "offset" ? from.offset : undefined;
    this.#progress = new StreamProgress(settings, source.parallelizationFactor, offset, window);
    this.#callers = this.#progress.lanes.map((lane) => this.#callerOf(lane));
  }

  /** Where to go on; where it began while nothing has been read. */
  get mark(): ProgressMark {
    const { finished, window } = this.#progress;
    return finished === undefined ? { from: this.#from } : { from: { kind: "offset", offset: finished }, window };
  }

  /** To be called when the function may be called by now. */
  apply(): void {
    for (const caller of this.#callers) caller.wake();
  }

  /** Reads and calls until the signal fires. Resolves when the calls in flight have ended. Never rejects. */
  async run(over: AbortSignal): Promise<void> {
    const wake = (): void => {
      this.#room.wake();
      this.apply();
    };
    over.addEventListener("abort", wake, { once: true });
    await Promise.all([this.#read(over), ...this.#callers.map((caller) => caller.run(over))]);
    over.removeEventListener("abort", wake);
    this.#deps.inFlight.release(this.#countedBytes);
    this.#countedBytes = 0;
  }

  #callerOf(lane: StreamLane): LaneCaller {
    const onSettled = (): void => {
      this.#count();
      this.#room.wake();
      this.#onProgress();
    };
    return new LaneCaller(lane, this.#options, this.#deps, onSettled);
  }

  async #read(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const ended = new AbortController();
      void this.#goesWell(AbortSignal.any([ended.signal, over]));
      try {
        await this.#readOn(over);
      } catch (error) {
        ended.abort();
        await this.#failed(error, over);
      }
    }
  }

  async #failed(error: unknown, over: AbortSignal): Promise<void> {
    if (over.aborted) return;
    this.#state.failed(error);
    await this.#deps.sleep(RETRY_MS, over).catch(() => undefined);
  }

  async #readOn(over: AbortSignal): Promise<void> {
    const { next } = this.#progress;
    const from = next === undefined ? this.#from : ({ kind: "offset", offset: next } as const);
    await this.#deps.streams.read(this.#options.partition, from, (records) => this.#take(records, over), over);
  }

  async #goesWell(ended: AbortSignal): Promise<void> {
    await this.#deps.sleep(GOES_WELL_MS, ended).catch(() => undefined);
    if (!ended.aborted) this.#state.reads();
  }

  #tellProgress(): void {
    const { mapping, partition } = this.#options;
    const { oldestAtMs } = this.#progress;
    this.#deps.observer.mappingProgress({ mapping: mapping.name, partition, oldestAtMs });
  }

  async #take(records: readonly StreamedRecord[], over: AbortSignal): Promise<void> {
    this.#state.reads();
    const wanted = records.filter((record) => this.#add(record)).length;
    const { name: mapping } = this.#options.mapping;
    this.#deps.observer.mappingRead({ mapping, records: records.length, filtered: records.length - wanted });
    this.#count();
    this.#onProgress();
    this.apply();
    while (this.#progress.bytes >= IN_MEMORY_BYTES_MAX && !over.aborted) await this.#room.until(Infinity);
  }

  /** Returns whether the function is to be called with it. */
  #add(record: StreamedRecord): boolean {
    const { offset, atMs, partitionKey } = record;
    // After a lost connection some may come again.
    if (offset < (this.#progress.next ?? 0)) return false;
    const isBefore = this.#from.kind === "time" && atMs < this.#from.atMs;
    if (isBefore || !this.#fits(record)) {
      this.#progress.skip(offset);
      return false;
    }
    const json = kinesisRecord(record, this.#options.origin);
    // One more for the comma before it.
    const bytes = Buffer.byteLength(json) + 1;
    this.#progress.add({ offset, atMs, partitionKey, json, bytes, readAtMs: this.#deps.nowMs() });
    return true;
  }

  /** Lambda's filters see a record's data as it is, and not in base64. */
  #fits({ offset, atMs, partitionKey, body }: StreamedRecord): boolean {
    const { filters } = this.#options.mapping;
    if (filters.length === 0) return true;
    const about = { sequenceNumber: sequenceNumber(offset), approximateArrivalTimestamp: atMs / 1_000 };
    const data = filterableData(body.toString());
    return fitsFilters({ kinesisSchemaVersion: "1.0", partitionKey, ...about, data }, filters);
  }

  #count(): void {
    const { bytes } = this.#progress;
    if (bytes > this.#countedBytes) this.#deps.inFlight.take(bytes - this.#countedBytes);
    else this.#deps.inFlight.release(this.#countedBytes - bytes);
    this.#countedBytes = bytes;
  }
}
