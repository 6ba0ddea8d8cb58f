import type { JobProgress } from "../../domain/job/job.ts";
import type { ReplayOrder, ReplayPlace } from "../../domain/replay/replay.ts";
import type { DoWork, WorkControl, WorkEnd } from "../../ports/admin/jobs.ts";
import type { ArchivedEvent, ArchiveExtent, ArchiveReader } from "../../ports/broker/archive.ts";
import type { Slots } from "../../async/slots.ts";
import { knowsPast } from "./catch-ups.ts";
import type { DatedEvent } from "./dated-events.ts";
import { datedEvents } from "./dated-events.ts";
import type { GiveWayOptions } from "./give-way.ts";
import { GiveWay } from "./give-way.ts";
import { PacedBatches } from "./paced-batches.ts";
import type { PutAgainOptions, SentBatch } from "./put-again.ts";
import { failedEnd, putAgain, ReplayRefusal, withBatch } from "./put-again.ts";

/** After so many events another catch-up has its turn. */
const ROUND_EVENTS_MAX = 20_000;
/** A round that took no longer has left little behind: the rule may soon get new events directly. */
const NEAR_MS = 2_000;
/** How often what was stored since is read for a rule that still waits. */
const TAIL_MS = 1_000;
/** Another router may run a later configuration for so long than the one that carries a catch-up on. */
const ROLL_OUT_MS = 300_000;

/** How long rules wait, in milliseconds. */
export interface CatchUpTimes {
  /** How long each record has a rule wait: that long after its catch-up was interrupted it gets new events directly. */
  readonly holdMs: number;
  /** After which time everything is stored that was accepted before, however the clocks of routers differ. */
  readonly settleMs: number;
}

export interface CatchUpRunOptions extends PutAgainOptions, GiveWayOptions {
  readonly archives: Pick<ArchiveReader, "extent" | "read" | "since">;
  readonly times: CatchUpTimes;
  /** Readings of archives that may go on at once. */
  readonly readings: Slots;
  readonly roundEventsMax?: number;
}

/** What jobs do to give a rule its past. */
export function catchUpWork(options: CatchUpRunOptions): DoWork<ReplayOrder> {
  return (order, control) => new CatchUpRun(order, control, options).run();
}

/**
 * A piece of a catch-up's work. It goes through three states:
 *
 * - *behind*: it reads the archive in the order of storing, and has the rule wait on all routers, longer and longer;
 * - *near*: a round was short, so the rule waits no longer than was said last. What is accepted before that comes from here;
 * - *settled*: that time has passed for so long that everything accepted before is stored. One more round is the last.
 *
 * A rule whose time passes while nobody runs its catch-up gets new events directly until somebody does, and then once more from
 * here. That the rule is near is durable: from then on nothing comes to it twice.
 */
class CatchUpRun {
  readonly #order: ReplayOrder;
  readonly #control: WorkControl;
  readonly #options: CatchUpRunOptions;
  readonly #batches: PacedBatches;
  readonly #giveWay: GiveWay;
  readonly #beganMs: number;
  #progress: JobProgress;
  #isNear: boolean;
  #extent: ArchiveExtent | undefined;
  /** As long as no round has left more behind than the one before: a rule whose events come faster would wait for ever. */
  #givesWay = true;
  /** The latest time that a record was appended with, whether this router has read it back or not. */
  #saidMs = 0;

  constructor(order: ReplayOrder, control: WorkControl, options: CatchUpRunOptions) {
    this.#order = order;
    this.#control = control;
    this.#options = options;
    this.#batches = new PacedBatches(control, options);
    this.#giveWay = new GiveWay(options);
    this.#beganMs = options.nowMs();
    this.#isNear = control.hold()?.isFinal === true;
    this.#progress = { ...control.before, looked: 0, removed: 0, firstIds: [] };
  }

  /** Never rejects: a failure is an end of its own. */
  async run(): Promise<WorkEnd> {
    const ended = new AbortController();
    const waiting = this.#haveRuleWait(ended.signal);
    try {
      await this.#catchUp();
      return { progress: this.#progress, end: "complete" };
    } catch (error) {
      return failedEnd(this.#progress, error);
    } finally {
      ended.abort();
      await waiting;
    }
  }

  async #catchUp(): Promise<void> {
    const { nowMs, sleep, times } = this.#options;
    for (let place = this.#control.before.place, behind = Infinity; ;) {
      await this.#untilRuleIsKnown();
      const startedMs = nowMs();
      const isSettled = startedMs > Math.max(this.#heldUntilMs, this.#beganMs) + times.settleMs;
      this.#extent = await this.#wholeExtent();
      const { end } = this.#extent;
      place = await this.#round(place ?? (await this.#firstPlace(end)), end);
      if (end - place.position > behind) this.#givesWay = false;
      behind = place.position < end ? end - place.position : Infinity;
      if (place.position < end) continue;
      if (isSettled) return;
      if (!this.#isNear && nowMs() - startedMs <= NEAR_MS) await this.#comeNear();
      await sleep(TAIL_MS, this.#control.signal);
    }
  }

  get #heldUntilMs(): number {
    return Math.max(this.#control.hold()?.untilMs ?? 0, this.#saidMs);
  }

  /** Says again and again that the rule waits, whatever the reading waits for, until it is near. */
  async #haveRuleWait(ended: AbortSignal): Promise<void> {
    const { nowMs, sleep, times } = this.#options;
    for (; !ended.aborted && !this.#isNear; await sleep(times.holdMs / 6, ended).catch(() => undefined)) {
      if (this.#heldUntilMs > nowMs() + times.holdMs / 2) continue;
      this.#saidMs = nowMs() + times.holdMs;
      // What the broker does not take is said again.
      await this.#control.extendHold({ untilMs: this.#saidMs }).catch(() => undefined);
    }
  }

  async #comeNear(): Promise<void> {
    this.#isNear = true;
    await this.#control.extendHold({ untilMs: this.#heldUntilMs, isFinal: true });
  }

  /** @throws ReplayRefusal when the rule is gone from this router's configuration, or has another past. */
  async #untilRuleIsKnown(): Promise<void> {
    const { signal } = this.#control;
    const untilMs = this.#options.steadyMs() + ROLL_OUT_MS;
    while (!this.#knowsRule()) {
      const [rule = ""] = this.#order.rules ?? [];
      if (this.#options.steadyMs() > untilMs) throw new ReplayRefusal(`rule "${rule}" or its startFrom is gone`);
      await this.#options.sleep(TAIL_MS, signal);
    }
  }

  #knowsRule(): boolean {
    return knowsPast(this.#order, this.#options.config(), this.#options.deriveId);
  }

  /** Everything that is stored by now is before its end. */
  async #wholeExtent(): Promise<ArchiveExtent> {
    const { archive } = this.#order;
    const extent = await this.#options.archives.extent(archive);
    if (extent === undefined) throw new Error(`archive "${archive}" does not exist at the broker yet`);
    return extent;
  }

  async #firstPlace(end: number): Promise<ReplayPlace> {
    const { archive, fromMs } = this.#order;
    const position = fromMs === 0 ? 0 : await this.#options.archives.since(archive, fromMs);
    return { end, minute: 0, position: position ?? end };
  }

  /** Reads on up to the end, or until another catch-up has its turn. @returns the place to go on from */
  async #round(from: ReplayPlace, end: number): Promise<ReplayPlace> {
    const { archives, readings, pause, roundEventsMax = ROUND_EVENTS_MAX } = this.#options;
    const { signal } = this.#control;
    const enough = new AbortController();
    let place: ReplayPlace = { ...from, end };
    let looked = 0;
    this.#advance({ place });
    if (!(await readings.take(signal))) signal.throwIfAborted();
    try {
      await archives.read(
        this.#order.archive,
        { from: from.position, to: end },
        async (events) => {
          signal.throwIfAborted();
          if (enough.signal.aborted) return;
          looked += events.length;
          place = await this.#send(events, place);
          if (looked >= roundEventsMax) enough.abort();
          await pause();
        },
        AbortSignal.any([signal, enough.signal]),
      );
    } finally {
      readings.release();
    }
    signal.throwIfAborted();
    if (!enough.signal.aborted) place = { ...place, position: Math.max(place.position, end) };
    this.#advance({ place });
    return place;
  }

  /** Sends those that do not come to the rule directly, in their order. */
  async #send(events: readonly ArchivedEvent[], from: ReplayPlace): Promise<ReplayPlace> {
    const sinceMs = Math.min(this.#order.fromMs, this.#order.toMs);
    const due = datedEvents(events).filter(({ atMs }) => atMs >= sinceMs && atMs < this.#heldUntilMs);
    let place = from;
    let handedOver: Promise<unknown> = Promise.resolve();
    const send = (batch: readonly DatedEvent[], leave: AbortSignal): Promise<SentBatch> => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      handedOver = promise;
      const onHandedOver = (): void => resolve(undefined);
      return this.#putAgain(batch, leave, onHandedOver).finally(onHandedOver);
    };
    const onSent = ({ batch, put }: SentBatch): void => {
      const last = batch.at(-1);
      if (last === undefined) return;
      place = { ...place, position: last.position + 1, lastTimeMs: last.timeMs };
      this.#advance({ ...withBatch(this.#progress, put), place });
    };
    const between = async (): Promise<void> => {
      await handedOver;
      if (this.#givesWay) await this.#giveWay.wait(this.#control.signal);
    };
    await this.#batches.severalAtOnce(due, send, { onSent, between });
    const last = events.at(-1);
    if (last !== undefined) {
      place = { ...place, position: Math.max(place.position, last.position + 1), readMs: last.atMs };
    }
    this.#advance({ looked: this.#progress.looked + events.length, place });
    return place;
  }

  async #putAgain(batch: readonly DatedEvent[], leave: AbortSignal, onHandedOver: () => void): Promise<SentBatch> {
    if (!this.#knowsRule()) throw new Error("the rule is not in the configuration");
    const onDelay = (problem: string): void => this.#control.reached(this.#progress, problem);
    const putting = { jobId: this.#control.jobId, leave, onDelay, onHandedOver };
    return { batch, put: await putAgain(batch, this.#order, putting, this.#options) };
  }

  #advance(progress: Partial<JobProgress> & Pick<Required<JobProgress>, "place">): void {
    const left = this.#extent && eventsFrom(progress.place?.position ?? 0, this.#extent);
    this.#progress = { ...this.#progress, ...progress, left: left ?? this.#progress.left };
    this.#control.reached(this.#progress);
  }
}

/** About how many events stand from a place on: places have gaps. */
function eventsFrom(position: number, { first, end, events }: ArchiveExtent): number {
  const places = end - Math.max(position, first);
  return places <= 0 ? 0 : Math.ceil((events * places) / (end - first));
}
