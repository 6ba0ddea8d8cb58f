import { Waking } from "../../../async/waking.ts";
import type { Identity } from "../../../domain/arn.ts";
import { BATCH_IDS_MAX } from "../../../domain/mapping/batch-fact.ts";
import type { MappingOf, StreamSource } from "../../../domain/mapping/mapping.ts";
import type { Outcome } from "../../../domain/failure/outcome.ts";
import { functionRef } from "../../../domain/target/target.ts";
import type { Publisher } from "../../../ports/broker/publisher.ts";
import type { MappingObserver } from "../../../ports/observer.ts";
import type { Callee } from "../../functions/callee.ts";
import { storeUntilConfirmed } from "../../store/until-confirmed.ts";
import type { ShardOrigin } from "./kinesis-event.ts";
import { observedCall } from "../observed-call.ts";
import { kinesisEvent, sequenceNumber } from "./kinesis-event.ts";
import { failedRecords, laneResult } from "./lane-result.ts";
import { onFailureRecord } from "./on-failure-record.ts";
import type { LaneStep, StreamLane } from "./stream-lane.ts";

/** How long to wait for a free slot of the function, and while it cannot be called, before asking anew. */
const ENTER_MS = 60_000;
const AWAY_MS = 1_000;

/** Which partition is read, and for what. */
export interface PartitionOptions {
  readonly mapping: MappingOf<StreamSource>;
  readonly origin: ShardOrigin;
  /** The name of the partition on the broker. */
  readonly partition: string;
}

export interface LaneCallerDeps {
  readonly broker: Publisher;
  readonly identity: Identity;
  /** The function; undefined while it cannot be called here. */
  readonly callee: () => Callee | undefined;
  readonly observer: MappingObserver;
  readonly nowMs: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the reading before it returns, should this process have been frozen and another router read by now. */
  readonly noticeFreeze: () => void;
  /** Fires when the bound of a stop has passed: calls are abandoned. */
  readonly abandon: AbortSignal;
  readonly leave: AbortSignal;
  readonly onError: (where: string, error: unknown) => void;
}

type Step<Kind> = Extract<LaneStep, { kind: Kind }>;

/** Does what a lane says is next, one after the other. */
export class LaneCaller {
  readonly #lane: StreamLane;
  readonly #options: PartitionOptions;
  readonly #deps: LaneCallerDeps;
  readonly #onSettled: () => void;
  readonly #waking = new Waking();
  /** The last call, for the record of a batch that is given up. */
  #last: { readonly requestId: string; readonly outcome: Outcome | undefined };

  /** @param onSettled called when records are finished, or are to be tried again. */
  constructor(lane: StreamLane, options: PartitionOptions, deps: LaneCallerDeps, onSettled: () => void) {
    this.#lane = lane;
    this.#options = options;
    this.#deps = deps;
    this.#onSettled = onSettled;
    this.#last = { requestId: deps.newId(), outcome: undefined };
  }

  /** There may be something to do. */
  wake(): void {
    this.#waking.wake();
  }

  /** Calls until the signal fires. Resolves when its call in flight has ended. Never rejects. */
  async run(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      const { nowMs, onError } = this.#deps;
      const step = this.#lane.next(nowMs());
      if (step.kind === "wait") {
        await this.#waking.until(step.untilMs - nowMs());
        continue;
      }
      try {
        await (step.kind === "call" ? this.#call(step, over) : this.#giveUp(step));
        this.#onSettled();
      } catch (error) {
        this.#lane.undone();
        if (this.#deps.abandon.aborted) return;
        onError(`mapping ${this.#options.mapping.name}`, error);
        await this.#waking.until(AWAY_MS);
      }
    }
  }

  async #call(step: Step<"call">, over: AbortSignal): Promise<void> {
    const callee = this.#deps.callee();
    if (callee === undefined || !(callee.tryEnter() || (await callee.enter(ENTER_MS, over)))) {
      this.#lane.undone();
      return await this.#waking.until(AWAY_MS);
    }
    try {
      this.#deps.noticeFreeze();
      if (over.aborted) this.#lane.undone();
      else await this.#callWith(step, callee);
    } finally {
      callee.leave();
    }
  }

  async #callWith({ records, attempt, window }: Step<"call">, callee: Callee): Promise<void> {
    const { newId, nowMs, abandon } = this.#deps;
    const { mapping, origin, partition } = this.#options;
    const payload = Buffer.from(kinesisEvent(records, window, origin));
    const { name, functionName } = mapping;
    const listed = records.slice(0, BATCH_IDS_MAX);
    const called = {
      mapping: name,
      functionName,
      source: `stream/${partition}`,
      requestId: newId(),
      records: records.length,
      recordIds: listed.map(({ offset }) => sequenceNumber(offset)),
      bytes: payload.length,
    };
    await observedCall(called, this.#deps, async () => {
      const destination = functionRef(functionName, mapping.qualifier);
      const outcome = await callee.call({ id: called.requestId, attempt, destination, payload }, abandon);
      if (outcome === "gone") {
        this.#lane.undone();
        return undefined;
      }
      const reportsFailures = mapping.reportBatchItemFailures;
      const result = laneResult(outcome, { records, reportsFailures, hasWindow: window !== undefined });
      this.#last = { requestId: called.requestId, outcome };
      this.#lane.called(result, nowMs());
      const failedIds = failedRecords(result, listed).map(({ offset }) => sequenceNumber(offset));
      return { outcome, failed: failedRecords(result, records).length, failedIds, endedAtMs: nowMs() };
    });
  }

  /** The record of what is given up is stored before anything goes on behind it. */
  async #giveUp({ records, condition, calls }: Step<"give-up">): Promise<void> {
    const { observer, newId, nowMs, leave, onError } = this.#deps;
    const { mapping, origin } = this.#options;
    const { onFailure } = mapping.source;
    if (onFailure !== undefined) {
      const given = {
        records,
        condition,
        calls,
        functionName: mapping.functionName,
        qualifier: mapping.qualifier,
        ...this.#last,
      };
      const body = Buffer.from(onFailureRecord(given, origin, nowMs()));
      const messages = [{ queue: onFailure, id: newId(), body, headers: {} }];
      const onDelay = (error: unknown): void => onError(`mapping ${mapping.name}`, error);
      await storeUntilConfirmed({ messages, leave, onDelay }, this.#deps);
    }
    this.#lane.gaveUp();
    const to = onFailure === undefined ? {} : { queue: onFailure };
    observer.mappingGaveUp({ mapping: mapping.name, records: records.length, condition, ...to });
  }
}
