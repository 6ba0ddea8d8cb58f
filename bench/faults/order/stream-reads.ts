import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import type { TestServer } from "../../../test/support/http/http-target.ts";
import { readBody, serveHttp } from "../../../test/support/http/http-target.ts";
import type { Ledger } from "../ledger.ts";
import type { CallOrder, SeenCall } from "./call-order.ts";
import { judgeOrder } from "./call-order.ts";

/** How long a call lasts: a reader is killed while some are under way. */
const CALL_MS = 40;
/** One record of so many fails at its first two calls. */
const FAILS_EVERY = 40;
const FAILURES = 2;
/** Beyond the longest time in which nobody reads. */
const READING_MS_MAX = 120_000;

/** A record as the function got it. */
interface SeenRecord {
  readonly partition: string;
  readonly key: string;
  readonly sequence: string;
  readonly eventId: string;
  readonly index: number;
}

interface Batch {
  readonly records: readonly SeenRecord[];
  readonly beganAtMs: number;
  endedAtMs: number;
  succeeded: number;
}

/** The function that an event source mapping calls with the records of a stream, and what it saw. */
export class StreamReads {
  /** What was handled goes into it. */
  ledger: Ledger | undefined;
  inCalls = 0;
  readonly #target: string;
  readonly #batches: Batch[] = [];
  /** How often each record was called with, by its partition and sequence number. */
  readonly #times = new Map<string, number>();
  /** When a record of a partition first came after the last `watch`, none of those seen before. */
  readonly #newAtMs = new Map<string, number>();
  readonly #partitions = new Set<string>();
  #server: TestServer | undefined;

  private constructor(target: string) {
    this.#target = target;
  }

  /** @param target the name of the function in the ledger. */
  static async start(target: string): Promise<StreamReads> {
    const reads = new StreamReads(target);
    reads.#server = await serveHttp((request, response) => {
      void readBody(request).then(
        async (text) => response.end(await reads.#answer(text)),
        () => undefined, // the caller was killed while it wrote
      );
    });
    return reads;
  }

  get url(): string {
    return this.#server?.url ?? "";
  }

  get records(): number {
    return this.#batches.reduce((sum, { records }) => sum + records.length, 0);
  }

  get batches(): number {
    return this.#batches.length;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  /** Resolves when each partition that was ever read has brought a new record. @returns how long that took, in seconds */
  async goOn(): Promise<number> {
    const sinceMs = performance.now();
    this.#newAtMs.clear();
    const all = (): boolean => [...this.#partitions].every((partition) => this.#newAtMs.has(partition));
    await eventually("new records of each partition come", all, READING_MS_MAX);
    return (Math.max(...this.#newAtMs.values()) - sinceMs) / 1_000;
  }

  /** To be called when all has ended. */
  judge(faultsAtMs: readonly number[]): CallOrder {
    const numbers = this.#numbers();
    const calls: SeenCall[] = this.#batches.map(({ records, ...rest }) => {
      const places = records.map((record) => ({ key: keyOf(record), number: numbers.get(idOf(record)) ?? -1 }));
      return { ...rest, places };
    });
    return judgeOrder(calls, faultsAtMs);
  }

  /** The place of each record among those of its key: by sequence number, which is the order in the stream. */
  #numbers(): ReadonlyMap<string, number> {
    const ofKeys = Map.groupBy(
      this.#batches.flatMap(({ records }) => records),
      keyOf,
    );
    const numbers = new Map<string, number>();
    for (const records of ofKeys.values()) {
      const ids = [...new Set(records.map(idOf))].toSorted();
      for (const [number, id] of ids.entries()) numbers.set(id, number);
    }
    return numbers;
  }

  async #answer(text: string): Promise<string> {
    const records = recordsIn(text);
    const batch: Batch = { records, beganAtMs: performance.now(), endedAtMs: Infinity, succeeded: 0 };
    this.#batches.push(batch);
    const before = records.map((record) => this.#came(record));
    this.inCalls += 1;
    await sleep(CALL_MS);
    this.inCalls -= 1;
    const isFailing = ({ index }: SeenRecord, at: number): boolean =>
      index % FAILS_EVERY === 0 && (before[at] ?? 0) < FAILURES;
    const failing = records.findIndex(isFailing);
    batch.endedAtMs = performance.now();
    batch.succeeded = failing === -1 ? records.length : failing;
    for (const { eventId } of records.slice(0, batch.succeeded))
      this.ledger?.add({ eventId, target: this.#target, place: `function/${this.#target}`, deliveryId: eventId });
    const failures = records.slice(failing === -1 ? records.length : failing, failing + 1);
    return JSON.stringify({ batchItemFailures: failures.map(({ sequence }) => ({ itemIdentifier: sequence })) });
  }

  /** @returns how often it came before. */
  #came(record: SeenRecord): number {
    const times = this.#times.get(idOf(record)) ?? 0;
    this.#times.set(idOf(record), times + 1);
    this.#partitions.add(record.partition);
    if (times === 0 && !this.#newAtMs.has(record.partition)) this.#newAtMs.set(record.partition, performance.now());
    return times;
  }
}

function recordsIn(text: string): readonly SeenRecord[] {
  type Wire = { readonly eventID: string; readonly kinesis: Readonly<Record<string, string>> };
  return (JSON.parse(text) as { readonly Records: readonly Wire[] }).Records.map(({ eventID, kinesis }) => {
    const data = Buffer.from(kinesis["data"] ?? "", "base64").toString();
    const event = JSON.parse(data) as { readonly id: string; readonly detail: { readonly index: number } };
    return {
      partition: eventID.split(":")[0] ?? "",
      key: String(kinesis["partitionKey"]),
      sequence: String(kinesis["sequenceNumber"]),
      eventId: event.id,
      index: event.detail.index,
    };
  });
}

function keyOf({ partition, key }: SeenRecord): string {
  return `${partition} ${key}`;
}

/** Sequence numbers have the same number of digits, so that their order is that of the texts. */
function idOf({ partition, sequence }: SeenRecord): string {
  return `${partition} ${sequence}`;
}
