import type { Slots } from "../../async/slots.ts";
import type { JobProgress } from "../../domain/job/job.ts";
import type { ReplayOrder, ReplayPlace } from "../../domain/replay/replay.ts";
import type { DoWork, WorkControl, WorkEnd } from "../../ports/admin/jobs.ts";
import type { ArchiveExtent, ArchiveReader } from "../../ports/broker/archive.ts";
import type { DatedEvent } from "./dated-events.ts";
import { datedEvents } from "./dated-events.ts";
import type { GiveWayOptions } from "./give-way.ts";
import { GiveWay } from "./give-way.ts";
import { EventMinutes, minuteOf } from "./minutes.ts";
import { PacedBatches } from "./paced-batches.ts";
import type { PutAgainOptions, SentBatch } from "./put-again.ts";
import { failedEnd, putAgain, ReplayRefusal, withBatch } from "./put-again.ts";
import type { Stretch } from "./stretches.ts";
import { stretchesOf } from "./stretches.ts";
import type { KnownSuccesses } from "./undelivered/known-successes.ts";
import { NONE_LEFT_OUT } from "./undelivered/left-out.ts";
import type { AskedEvents, ReadSuccessesOptions } from "./undelivered/read-successes.ts";
import { readSuccesses } from "./undelivered/read-successes.ts";

export interface ReplayRunOptions extends PutAgainOptions, GiveWayOptions, ReadSuccessesOptions {
  readonly archives: Pick<ArchiveReader, "extent" | "read">;
  /** Replays of what is not delivered that may hold what was, at once. */
  readonly successSets: Slots;
  /** What it may hold in memory. */
  readonly bounds?: { readonly minutes: number; readonly stretchBytes: number };
}

/** What the first pass over the archive learns of the events that are due. */
interface DueEvents {
  readonly minutes: EventMinutes;
  /** Of when they were accepted; undefined where none is due. */
  readonly acceptedMs: AskedEvents["acceptedMs"] | undefined;
}

/** What jobs do with archived events. */
export function replayWork(options: ReplayRunOptions): DoWork<ReplayOrder> {
  return (order, control) => new ReplayRun(order, control, options).run();
}

/**
 * A piece of a replay's work: from the place that was reached to the end, or to whatever ends it. It reads the archive once to
 * learn which minutes have events and where, then sends minute by minute. How far it is says what is confirmed, never more,
 * so whoever goes on from there leaves out nothing.
 */
class ReplayRun {
  readonly #order: ReplayOrder;
  readonly #control: WorkControl;
  readonly #options: ReplayRunOptions;
  readonly #batches: PacedBatches;
  readonly #giveWay: GiveWay;
  #progress: JobProgress;
  #place: ReplayPlace | undefined;
  /** Of a replay of what is not delivered. */
  #successes: KnownSuccesses | undefined;

  constructor(order: ReplayOrder, control: WorkControl, options: ReplayRunOptions) {
    this.#order = order;
    this.#control = control;
    this.#options = options;
    this.#batches = new PacedBatches(control, options);
    this.#giveWay = new GiveWay(options);
    // Others add what pieces before this one have read and sent; what they could not send is not met again.
    this.#progress = { ...control.before, looked: 0, removed: 0, firstIds: [] };
    if (order.undelivered !== undefined) this.#progress = { leftOut: NONE_LEFT_OUT, ...this.#progress };
    this.#place = control.before.place;
  }

  /** Never rejects: a failure is an end of its own. */
  async run(): Promise<WorkEnd> {
    const { signal } = this.#control;
    const { successSets } = this.#options;
    const isOfUndelivered = this.#order.undelivered !== undefined;
    try {
      if (isOfUndelivered && !(await successSets.take(signal))) signal.throwIfAborted();
      await this.#replayAll().finally(() => isOfUndelivered && successSets.release());
      return { progress: this.#progress, end: "complete" };
    } catch (error) {
      return failedEnd(this.#progress, error);
    }
  }

  async #replayAll(): Promise<void> {
    const extent = await this.#extent();
    let place = this.#place ?? { end: extent.end, minute: minuteOf(this.#order.fromMs), position: extent.first };
    for (;;) {
      const { minutes, acceptedMs } = await this.#count(place, extent.first);
      if (this.#order.undelivered !== undefined && acceptedMs !== undefined) {
        const asked = { bus: this.#order.bus, acceptedMs };
        this.#successes = await readSuccesses(asked, this.#options, this.#control.signal);
      }
      this.#place = place;
      this.#advance({ place, left: minutes.count });
      for (const stretch of stretchesOf(minutes.sorted(), this.#options.bounds?.stretchBytes))
        await this.#replay(stretch);
      // An archive that was deleted meanwhile hands out nothing, like one that was read to its end.
      await this.#extent();
      if (minutes.end === Infinity) return;
      place = { ...this.#place, minute: minutes.end, position: extent.first };
    }
  }

  /** Where the archive begins and ends. @throws ReplayRefusal when it is gone */
  async #extent(): Promise<ArchiveExtent> {
    const { archive } = this.#order;
    const extent = await this.#options.archives.extent(archive);
    if (extent === undefined) throw new ReplayRefusal(`archive "${archive}" does not exist at the broker`);
    return extent;
  }

  async #count(place: ReplayPlace, first: number): Promise<DueEvents> {
    const minutes = new EventMinutes(this.#options.bounds?.minutes);
    let accepted = { first: Infinity, last: -Infinity };
    await this.#read({ from: first, to: place.end }, (events) => {
      for (const { position, timeMs, atMs, body } of events) {
        if (!this.#isDue(timeMs, position, place)) continue;
        minutes.add(timeMs, position, body.length);
        accepted = { first: Math.min(accepted.first, atMs), last: Math.max(accepted.last, atMs) };
      }
      return Promise.resolve();
    });
    return { minutes, acceptedMs: accepted.first === Infinity ? undefined : accepted };
  }

  /** Sends one minute as it is read. Of more, what comes of a later one is held until it is due. */
  async #replay({ first, last, runs }: Stretch): Promise<void> {
    const held = new Map<number, DatedEvent[]>();
    for (const run of runs) {
      await this.#read(run, async (events) => {
        const due = events.filter(({ position, timeMs }) => {
          const minute = minuteOf(timeMs);
          return minute >= first && minute <= last && this.#isDue(timeMs, position, this.#place);
        });
        if (first === last) return this.#send(due);
        for (const event of due) {
          const minute = minuteOf(event.timeMs);
          const others = held.get(minute);
          if (others === undefined) held.set(minute, [event]);
          else others.push(event);
        }
      });
    }
    for (const minute of [...held.keys()].sort((a, b) => a - b)) await this.#send(held.get(minute) ?? []);
  }

  #isDue(timeMs: number, position: number, place: ReplayPlace | undefined): boolean {
    const { fromMs, toMs } = this.#order;
    if (timeMs < fromMs || timeMs > toMs || place === undefined) return false;
    const minute = minuteOf(timeMs);
    return minute > place.minute || (minute === place.minute && position >= place.position);
  }

  async #read(
    range: { readonly from: number; readonly to: number },
    listener: (events: readonly DatedEvent[]) => Promise<void>,
  ): Promise<void> {
    const { archives } = this.#options;
    const { signal } = this.#control;
    await archives.read(
      this.#order.archive,
      range,
      async (events) => {
        signal.throwIfAborted();
        this.#advance({ looked: this.#progress.looked + events.length });
        await listener(datedEvents(events));
        await this.#giveWay.wait(signal);
      },
      signal,
    );
    signal.throwIfAborted();
  }

  /** Sends events of one minute. Resolves when all are confirmed: what is of a later minute must not overtake them. */
  #send(events: readonly DatedEvent[]): Promise<void> {
    const onSent = (sent: SentBatch): void => this.#sent(sent);
    const between = (): Promise<void> => this.#giveWay.wait(this.#control.signal);
    return this.#batches.severalAtOnce(events, (batch, leave) => this.#putAgain(batch, leave), { onSent, between });
  }

  async #putAgain(batch: readonly DatedEvent[], leave: AbortSignal): Promise<SentBatch> {
    const { jobId } = this.#control;
    const onDelay = (problem: string): void => this.#control.reached(this.#progress, problem);
    const putting = { jobId, leave, onDelay, successes: this.#successes };
    return { batch, put: await putAgain(batch, this.#order, putting, this.#options) };
  }

  #sent({ batch, put }: SentBatch): void {
    const last = batch.at(-1);
    if (last === undefined || this.#place === undefined) return;
    const { timeMs, position } = last;
    this.#place = { ...this.#place, minute: minuteOf(timeMs), position: position + 1, lastTimeMs: timeMs };
    const left = Math.max(0, this.#progress.left - batch.length);
    this.#advance({ ...withBatch(this.#progress, put), left, place: this.#place });
  }

  #advance(progress: Partial<JobProgress>): void {
    this.#progress = { ...this.#progress, ...progress };
    this.#control.reached(this.#progress);
  }
}
