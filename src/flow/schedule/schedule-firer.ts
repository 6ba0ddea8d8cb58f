import { Waking } from "../../async/waking.ts";
import type { Config } from "../../domain/config.ts";
import type { Received } from "../../domain/queue/message.ts";
import { declarationOf, SCHEDULES_QUEUE } from "../../domain/queue/queues.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { Consumer, Consumers } from "../../ports/broker/consumer.ts";
import type { Publisher } from "../../ports/broker/publisher.ts";
import type { RouterObserver } from "../../ports/observer.ts";
import { readKept } from "../store/kept.ts";
import type { InOneHand } from "../store/latest-in-hand.ts";
import { LatestInHand } from "../store/latest-in-hand.ts";
import { storeUntilConfirmed } from "../store/until-confirmed.ts";
import { Agenda, MADE_UP_MS } from "./agenda.ts";
import type { Cursor } from "./cursor-message.ts";
import { countsOver, cursorMessage, readCursor } from "./cursor-message.ts";
import type { FireDueOptions } from "./fire-due.ts";
import { fireDue } from "./fire-due.ts";
import { LastFirings } from "./last-firings.ts";
import { storingWith, tryAgain } from "./refused.ts";

/** How old the cursor may become where nothing is due. RabbitMQ takes back what is held for 30 minutes. */
const CURSOR_MS_MAX = 60_000;
/** How long a stop waits for what is being fired. */
const STOP_MS_MAX = 2_000;
const AFTER_FAULT_MS = 1_000;
/** Messages in hand at once: two cursors, and messages that are kept for queues that refuse them. */
const IN_HAND_MAX = 20;

export interface ScheduleFirerOptions extends FireDueOptions {
  readonly broker: Publisher & Consumers & Broadcast;
  readonly observer: FireDueOptions["observer"] & Pick<RouterObserver, "scheduleMissed">;
  /** How long a cursor may be on its way from a router that died: only then is one begun anew. */
  readonly seedMs: number;
  readonly newId: () => string;
}

/**
 * Fires schedules, on one router at a time. A queue with a single active consumer holds a cursor: up to when everything
 * that was due has been fired. Who holds it fires what is due after it, stores the next cursor, and only then lets go of
 * the former one. When a router dies at any point, the next one gets the cursor and fires the rest, with the same ids.
 *
 * A router without schedules takes no part, unless it had some since it started.
 */
export class ScheduleFirer {
  readonly #options: ScheduleFirerOptions;
  readonly #waking = new Waking();
  readonly #hand: LatestInHand<Cursor>;
  /** Of all schedules, those of the store among them. */
  readonly last: LastFirings;
  readonly #stopping = new AbortController();
  /** Fires at the end of a stop: what could not be stored by then is fired by the next router. */
  readonly #leave = new AbortController();
  #consumer: Consumer | undefined;
  #running: Promise<void> | undefined;
  /** What this router knows while it holds a cursor: the one in hand, or a later one. */
  #known: Cursor | undefined;
  /** What is due after the known cursor; undefined when that or the configuration has changed. */
  #agenda: Agenda | undefined;
  #followed: Config["schedules"] | undefined;
  /** Whether something is being fired that the known cursor does not say yet. */
  #isFiring = false;
  /** When this router stored its last cursor. */
  #storedAtMs = -Infinity;

  constructor(options: ScheduleFirerOptions) {
    this.#options = options;
    this.last = new LastFirings(options.broker);
    this.#hand = new LatestInHand(countsOver, () => this.#changedHands());
  }

  /** Takes part from the first configuration on that has schedules. */
  start(): void {
    if (this.#options.config().schedules.size > 0) this.takePart();
  }

  /** Waits for the cursor, and takes up what full queues refused, whether the configuration has schedules or not. */
  takePart(): void {
    this.#running ??= this.#run();
  }

  /** Goes by another configuration from now on. Most changes leave the schedules as they are. */
  follow(next: Config): void {
    if (next.schedules === this.#followed) return;
    for (const name of this.#followed?.keys() ?? []) if (!next.schedules.has(name)) this.last.forget(name);
    this.#followed = next.schedules;
    this.#passTime();
    this.#agenda = undefined;
    this.#waking.wake();
    this.start();
  }

  /** Gives the cursor to the next router. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the router is stopping"));
    this.#waking.wake();
    const timer = setTimeout(() => this.#leave.abort(this.#stopping.signal.reason), STOP_MS_MAX);
    await this.#running;
    const stopped = this.#consumer?.stop();
    const { held } = this.#hand;
    if (held !== undefined) {
      // Stored anew and then acked: the next router gets it at once, and it does not count as crashed.
      const stored = this.#store(this.#known ?? held.value, this.#leave.signal);
      this.#hand.letGo(
        await stored.then(
          () => true,
          () => false,
        ),
      );
    }
    clearTimeout(timer);
    this.#leave.abort(this.#stopping.signal.reason);
    await stopped;
  }

  async #take(message: Received, lost: AbortSignal): Promise<void> {
    const { nowMs, onError } = this.#options;
    const kept = readKept(message);
    // Its own queue is tried once. Refused again, it waits on the delay ladder, where it holds up nobody.
    if (kept !== undefined) return tryAgain(kept, this.#leave.signal, this.#options);
    this.#stopping.signal.throwIfAborted();
    const cursor = readCursor(message);
    if (cursor !== undefined) return this.#hand.take(cursor, nowMs(), lost);
    onError(new Error(`message "${message.id}" in ${SCHEDULES_QUEUE} is no cursor of schedules`));
  }

  #changedHands(): void {
    const { held } = this.#hand;
    const known = this.#known;
    if (held === undefined) {
      this.#known = undefined;
      this.#agenda = undefined;
      // Somebody may have deleted the queue. Where only the connection was lost there are two, and the later one counts.
      if (known !== undefined) this.#store(known, this.#leave.signal).catch(() => undefined);
    } else if (known === undefined || countsOver(held.value, known)) {
      this.#known = held.value;
      this.#agenda = undefined;
    }
    this.#waking.wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        if (this.#consumer === undefined) await this.#join();
        await this.#waking.until(await this.#step());
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#options.onError(error);
        await this.#options.sleep(AFTER_FAULT_MS, signal).catch(() => undefined);
      }
    }
  }

  async #join(): Promise<void> {
    const { broker, nowMs } = this.#options;
    await broker.declare([declarationOf(SCHEDULES_QUEUE)]);
    await this.#store({ upToMs: nowMs(), isSeed: true }, this.#leave.signal);
    this.#consumer = await broker.consume(SCHEDULES_QUEUE, IN_HAND_MAX, (message, lost) => this.#take(message, lost));
  }

  /** Fires what is due. Resolves with how long there is nothing to do, in milliseconds, unless somebody wakes it. */
  async #step(): Promise<number> {
    const { held } = this.#hand;
    if (held === undefined) return Infinity;
    const { nowMs, seedMs } = this.#options;
    const seededMs = this.#known?.isSeed === true ? held.sinceMs + seedMs - nowMs() : 0;
    if (seededMs > 0) return seededMs;
    const leave = AbortSignal.any([held.lost, this.#leave.signal]);
    try {
      this.#isFiring = true;
      return await this.#fire(held, leave);
    } catch (error) {
      // What was taken from it may not be stored.
      this.#agenda = undefined;
      if (leave.aborted) return 0;
      throw error;
    } finally {
      this.#isFiring = false;
    }
  }

  async #fire({ lost }: InOneHand<Cursor>, leave: AbortSignal): Promise<number> {
    const { nowMs, observer } = this.#options;
    const atMs = nowMs();
    const [agenda, isNew] = await this.#agendaAt(atMs);
    if (agenda === undefined || this.#known === undefined) return 0;
    const due = agenda.take(atMs);
    await fireDue(due, this.last, { hurry: this.#stopping.signal, leave }, this.#options);
    if (lost.aborted) return 0;
    if (isNew) for (const fact of agenda.missed) observer.scheduleMissed(fact);
    this.#known = { upToMs: Math.max(this.#known.upToMs, atMs), isSeed: false };
    if (due.length > 0 || isNew || atMs - this.#storedAtMs >= CURSOR_MS_MAX) await this.#store(this.#known, leave);
    return Math.min(agenda.nextMs ?? Infinity, this.#storedAtMs + CURSOR_MS_MAX) - nowMs();
  }

  /** The agenda, and whether it is a new one; undefined when what it is made of changed meanwhile. */
  async #agendaAt(nowMs: number): Promise<readonly [Agenda | undefined, boolean]> {
    const { config, pause } = this.#options;
    const known = this.#known;
    if (known === undefined) return [undefined, false];
    if (this.#agenda !== undefined && nowMs - known.upToMs <= MADE_UP_MS) return [this.#agenda, false];
    const { schedules } = config();
    const agenda = await Agenda.of(schedules.values(), { afterMs: known.upToMs, nowMs, pause });
    if (config().schedules !== schedules || this.#known !== known) return [undefined, false];
    this.#agenda = agenda;
    return [agenda, true];
  }

  /** Where nothing is due, everything that was due has been fired: a schedule that is new begins now. */
  #passTime(): void {
    const { nowMs } = this.#options;
    if (this.#agenda === undefined || this.#known === undefined || this.#isFiring) return;
    const upToMs = Math.max(this.#known.upToMs, nowMs());
    if ((this.#agenda.nextMs ?? Infinity) > upToMs) this.#known = { upToMs, isSeed: false };
  }

  async #store(cursor: Cursor, leave: AbortSignal): Promise<void> {
    const message = cursorMessage(this.#options.newId(), cursor);
    await storeUntilConfirmed(storingWith(this.#options, [message], leave), this.#options);
    if (!cursor.isSeed) this.#storedAtMs = this.#options.nowMs();
  }
}
