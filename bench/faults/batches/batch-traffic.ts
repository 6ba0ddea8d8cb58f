import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../test/contract/waiting.ts";
import { delivered, failed } from "../configuration.ts";
import { impatient } from "../order/impatient.ts";
import type { Stage } from "../stage.ts";
import type { BatchJudgement, PutEvent } from "./batch-book.ts";
import { hasFault, judgeBatches } from "./batch-book.ts";
import type { BatchedDetail, BatchedFunction, EventKind } from "./batched-function.ts";
import { BATCHED } from "./batched-function.ts";

export const BATCHED_SOURCE = "batched";
export const BATCH_SIZE_MAX = 8;
/** Where the records of events end that succeed, and of those that fail. */
export const RECORDS = { done: "batched-done", failed: "batched-failed" } as const;
const GROUPS = ["a", "b", "c", "d", undefined];
const PUT_EVERY_MS = 200;
/** Beyond the longest time in which RabbitMQ keeps what a frozen router holds. */
const DONE_MS_MAX = 120_000;

interface Accepted extends PutEvent {
  readonly kind: EventKind;
}

/** Events of some groups for a function with batches, put all the time, and what became of each. */
export class BatchTraffic {
  readonly #stage: Stage;
  readonly #function: BatchedFunction;
  readonly #accepted = new Map<string, Accepted>();
  readonly #good = new Set<string>();
  readonly #poison = new Set<string>();
  readonly #putting: Promise<void>;
  #isOver = false;

  private constructor(stage: Stage, fn: BatchedFunction) {
    this.#stage = stage;
    this.#function = fn;
    const { done, failed: queue } = RECORDS;
    stage.ledger.expect(this.#good, new Map([[BATCHED, delivered(`function/${BATCHED}`, `queue/${done}`)]]));
    stage.ledger.expect(this.#poison, new Map([[BATCHED, failed(`queue/${queue}`)]]));
    this.#putting = this.#putAll();
  }

  static start(stage: Stage, fn: BatchedFunction): BatchTraffic {
    return new BatchTraffic(stage, fn);
  }

  /** Resolves when so many more events have succeeded. */
  async flows(count: number): Promise<void> {
    const { done } = this.#function;
    const before = done.size;
    await eventually(`${count} more events succeed`, () => done.size >= before + count, DONE_MS_MAX);
  }

  /** Resolves when every event that was put before that time and can succeed has. @returns how long after, in seconds */
  async doneOf(beforeMs: number): Promise<number> {
    const missing = new Set(this.#good);
    for (const id of missing) if ((this.#accepted.get(id)?.putAtMs ?? 0) > beforeMs) missing.delete(id);
    const isDone = (): boolean => {
      for (const id of missing) if (this.#function.done.has(id)) missing.delete(id);
      return missing.size === 0;
    };
    await eventually("what was put before succeeds", isDone, DONE_MS_MAX);
    return (performance.now() - beforeMs) / 1_000;
  }

  /** Nothing more is put. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#putting;
  }

  /** To be called when all has ended: judges the calls, and the records of what no fault can have touched. */
  judge(faultsAtMs: readonly number[]): BatchJudgement {
    const { calls } = this.#function;
    const judgement = judgeBatches({ calls, events: this.#accepted, faultsAtMs, sizeMax: BATCH_SIZE_MAX });
    const lastEndMs = new Map(
      calls.flatMap(({ events, endedAtMs }) => events.map((each) => [each.eventId, endedAtMs])),
    );
    const examples = [...this.#accepted].flatMap(([id, { kind, putAtMs }]) => {
      const queue = kind === "poison" ? RECORDS.failed : RECORDS.done;
      const times = this.#stage.ledger.times(id, BATCHED, `queue/${queue}`);
      const isTouched = hasFault(putAtMs, lastEndMs.get(id) ?? Infinity, faultsAtMs);
      return times === 1 || isTouched ? [] : [`${id} has ${times} records in ${queue} without a fault`];
    });
    return {
      ...judgement,
      wrong: judgement.wrong + examples.length,
      examples: [...judgement.examples, ...examples.slice(0, 2)],
    };
  }

  async #putAll(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn++) {
      await this.#put(turn);
      await sleep(PUT_EVERY_MS);
    }
  }

  /** Puts two events of each group to one router after the other, until one accepts them or the end. */
  async #put(turn: number): Promise<void> {
    const details = [...GROUPS, ...GROUPS].map((group, at) => detailOf(group, turn * 2 * GROUPS.length + at));
    const entries = details.map((detail) => ({ source: BATCHED_SOURCE, detail }));
    const routers = this.#stage.routers.map(impatient);
    for (let at = turn; !this.#isOver; at++) {
      const putAtMs = performance.now();
      const answer = await routers[at % routers.length]?.put(entries).catch(() => undefined);
      const ids = answer?.eventIds ?? [];
      for (const [index, id] of ids.entries()) if (id !== undefined) this.#accept(id, putAtMs, details[index]?.kind);
      if (ids.some((id) => id !== undefined)) return;
      await sleep(PUT_EVERY_MS);
    }
  }

  #accept(id: string, putAtMs: number, kind: EventKind = "good"): void {
    this.#accepted.set(id, { putAtMs, kind });
    (kind === "poison" ? this.#poison : this.#good).add(id);
    this.#stage.alsoAccepted([id]);
  }
}

/** Numbers have no divisor in common with that of the groups, so that each group has events of every kind. */
function detailOf(group: string | undefined, number: number): BatchedDetail {
  const kind = number % 37 === 11 ? "poison" : number % 13 === 3 ? "flaky" : number % 41 === 7 ? "breaking" : "good";
  return { ...(group === undefined ? {} : { group }), kind };
}
