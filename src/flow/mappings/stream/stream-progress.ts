import { laneOfKey } from "../../../domain/stream/stream.ts";
import type { LaneRecord, LaneSettings } from "./stream-lane.ts";
import { StreamLane } from "./stream-lane.ts";
import type { OpenWindow } from "./tumbling-windows.ts";

/** What the reader of a partition has read, and how far that has come. The records of one key are in one lane. */
export class StreamProgress {
  readonly lanes: readonly StreamLane[];
  /** Behind the last record that was read; undefined before there is one. */
  #next: number | undefined;

  /**
   * @param from where the reading begins, as far as that is known.
   * @param open the window that was open there. With windows there is one lane.
   */
  constructor(settings: LaneSettings, laneCount: number, from: number | undefined, open?: OpenWindow) {
    this.lanes = Array.from({ length: laneCount }, () => new StreamLane(settings, open));
    this.#next = from;
  }

  /** Adds a record that was read, in order. */
  add(record: LaneRecord): void {
    this.#next = record.offset + 1;
    this.lanes[laneOfKey(record.partitionKey, this.lanes.length)]?.add(record);
  }

  /** Passes over a record that nobody is called with. */
  skip(offset: number): void {
    this.#next = offset + 1;
  }

  /** Where to read on. */
  get next(): number | undefined {
    return this.#next;
  }

  /** Everything before this place is finished. Undefined before anything was read. */
  get finished(): number | undefined {
    return least(this.lanes.map(({ lowest }) => lowest)) ?? this.#next;
  }

  /** When the first record was accepted that is not finished, in epoch milliseconds; undefined where all are. */
  get oldestAtMs(): number | undefined {
    return least(this.lanes.map(({ oldestAtMs }) => oldestAtMs));
  }

  /** The tumbling window that is open. */
  get window(): OpenWindow | undefined {
    return this.lanes[0]?.window;
  }

  /** Of all records that are not finished. */
  get bytes(): number {
    return this.lanes.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

function least(numbers: readonly (number | undefined)[]): number | undefined {
  const known = numbers.filter((each) => each !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
