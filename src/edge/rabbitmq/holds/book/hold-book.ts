import type { VisibleAgainReason } from "../../../../ports/broker/holds.ts";
import type { MessageProperties } from "amqplib";
import { Deadlines } from "./deadlines.ts";
import type { HoldChannel } from "../receiving/hold-channel.ts";

/** What is kept of a message, to move it later. */
export interface Carried {
  readonly body: Buffer;
  readonly properties: MessageProperties;
  /** The router's, in the receipt. */
  readonly session: string;
  /** With this one. */
  readonly receives: number;
  /** Epoch milliseconds. */
  readonly firstReceivedAtMs: number;
  /** About how much memory it takes. */
  readonly bytes: number;
}

/** A message that this router holds for somebody. */
export interface Hold {
  /** Counted from 1 in this router's life. */
  readonly number: number;
  readonly queue: string;
  readonly fingerprint: string;
  readonly channel: HoldChannel;
  readonly tag: number;
  /** Epoch milliseconds; when it was received where nobody wrote it. */
  readonly sentAtMs: number;
  /** On the clock of `performance.now`. */
  readonly receivedAtMs: number;
  /** On the same clock: when it is given back. */
  readonly visibleAtMs: number;
  /** Whether no other message has its id: it is a UUID. */
  readonly hasOwnId: boolean;
  /** Whether a router that died, or lost its connection, may have left a copy of the message somewhere. Only with an id of its own. */
  readonly mayHaveCopies: boolean;
  /** Undefined for a message that has moved. */
  readonly carried?: Carried;
}

export type CarriedHold = Hold & Required<Pick<Hold, "carried">>;

export function isCarried(hold: Hold): hold is CarriedHold {
  return hold.carried !== undefined;
}

/**
 * Everything that this router holds. A hold ends in one of four ways: it is deleted, given back, its time is over, or its
 * channel is lost. While it is lent to somebody who moves it, it is counted and not found, and its time does not end it.
 */
export class HoldBook {
  readonly #byNumber = new Map<number, Hold>();
  /** The newest hold of each message. */
  readonly #byFingerprint = new Map<string, Hold>();
  /** Those that were there before the newest one, of messages that may have copies. Others that look alike may be a whole queue. */
  readonly #older = new Map<string, Set<Hold>>();
  readonly #byQueue = new Map<string, Set<Hold>>();
  readonly #byChannel = new Map<HoldChannel, Set<Hold>>();
  readonly #deadlines: Deadlines<Hold>;
  readonly #visibleAgain: (queue: string, count: number, reason: VisibleAgainReason) => void;
  readonly #lent = new Set<Hold>();
  #last = 0;
  #bytes = 0;

  /** @param visibleAgain hears of the third way and the fourth. */
  constructor(visibleAgain: (queue: string, count: number, reason: VisibleAgainReason) => void) {
    this.#visibleAgain = visibleAgain;
    this.#deadlines = new Deadlines<Hold>((hold) => {
      this.giveBack(hold);
      visibleAgain(hold.queue, 1, "time");
    });
  }

  /** How much memory the messages take. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  /** How many messages of a queue are held. */
  count(queue: string): number {
    return this.#byQueue.get(queue)?.size ?? 0;
  }

  /** How many are held, by queue. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#byQueue].map(([queue, holds]) => [queue, holds.size]));
  }

  of(queue: string): readonly Hold[] {
    return [...(this.#byQueue.get(queue) ?? [])].filter((hold) => !this.#lent.has(hold));
  }

  /** All that are not lent, the one that was received first before the others. */
  *oldest(): Iterable<Hold> {
    for (const hold of this.#byNumber.values()) if (!this.#lent.has(hold)) yield hold;
  }

  add(hold: Omit<Hold, "number">): Hold {
    const numbered = { ...hold, number: ++this.#last };
    this.#bytes += hold.carried?.bytes ?? 0;
    this.#byNumber.set(numbered.number, numbered);
    this.#setNewest(numbered);
    addTo(this.#byQueue, hold.queue, numbered);
    addTo(this.#byChannel, hold.channel, numbered);
    this.#deadlines.set(numbered, hold.visibleAtMs);
    return numbered;
  }

  /** The hold of this number, or a later one of the same message. */
  find(number: number, fingerprint: string): Hold | undefined {
    const hold = this.#byNumber.get(number);
    const isIt = hold?.fingerprint === fingerprint && !this.#lent.has(hold);
    return isIt ? hold : this.findMessage(fingerprint);
  }

  findMessage(fingerprint: string): Hold | undefined {
    const hold = this.#byFingerprint.get(fingerprint);
    return hold === undefined || this.#lent.has(hold) ? undefined : hold;
  }

  /** The newest hold of a message, and all others that are copies of it. */
  ofMessage(fingerprint: string): readonly Hold[] {
    const newest = this.#byFingerprint.get(fingerprint) ?? [];
    const older = [...(this.#older.get(fingerprint) ?? [])].filter(({ mayHaveCopies }) => mayHaveCopies);
    return [newest, older].flat().filter((hold) => !this.#lent.has(hold));
  }

  /** @param visibleAtMs on the clock of `performance.now`. */
  hide(hold: Hold & { visibleAtMs: number }, visibleAtMs: number): void {
    hold.visibleAtMs = visibleAtMs;
    this.#deadlines.set(hold, visibleAtMs);
  }

  /** Until `takeBack`, or until it is deleted. */
  lend(hold: Hold): void {
    this.#lent.add(hold);
    this.#deadlines.remove(hold);
  }

  /** It may have been copied all the same: a copy that is not confirmed may be stored. */
  takeBack(hold: Hold & { mayHaveCopies: boolean }): void {
    hold.mayHaveCopies ||= hold.hasOwnId;
    if (this.#lent.delete(hold)) this.#deadlines.set(hold, hold.visibleAtMs);
  }

  /** One that was lost while it was lent is in its queue again, and stays there. */
  delete(hold: Hold): void {
    if (!this.#byNumber.has(hold.number)) return;
    this.#forget(hold);
    hold.channel.ack(hold.tag);
  }

  giveBack(hold: Hold): void {
    this.#forget(hold);
    hold.channel.nack(hold.tag);
  }

  /** What a lost channel held is back in its queue already. */
  lose(channel: HoldChannel): void {
    const lost = [...(this.#byChannel.get(channel) ?? [])];
    lost.forEach((hold) => this.#forget(hold));
    for (const [queue, holds] of Map.groupBy(lost, (hold) => hold.queue)) {
      this.#visibleAgain(queue, holds.length, "connection");
    }
  }

  #forget(hold: Hold): void {
    this.#deadlines.remove(hold);
    this.#lent.delete(hold);
    this.#bytes -= hold.carried?.bytes ?? 0;
    this.#byNumber.delete(hold.number);
    this.#forgetMessage(hold);
    deleteFrom(this.#byQueue, hold.queue, hold);
    deleteFrom(this.#byChannel, hold.channel, hold);
  }

  #setNewest(hold: Hold): void {
    const { fingerprint } = hold;
    const before = this.#byFingerprint.get(fingerprint);
    this.#byFingerprint.set(fingerprint, hold);
    if (before === undefined || !(before.mayHaveCopies || hold.mayHaveCopies)) return;
    addTo(this.#older, fingerprint, before);
  }

  #forgetMessage(hold: Hold): void {
    const { fingerprint } = hold;
    const older = this.#older.get(fingerprint);
    if (this.#byFingerprint.get(fingerprint) === hold) {
      const next = [...(older ?? [])].at(-1);
      if (next === undefined) this.#byFingerprint.delete(fingerprint);
      else this.#byFingerprint.set(fingerprint, next);
      if (next !== undefined) older?.delete(next);
    } else older?.delete(hold);
    if (older?.size === 0) this.#older.delete(fingerprint);
  }
}

function addTo<Key>(sets: Map<Key, Set<Hold>>, key: Key, hold: Hold): void {
  sets.set(key, (sets.get(key) ?? new Set()).add(hold));
}

function deleteFrom<Key>(sets: Map<Key, Set<Hold>>, key: Key, hold: Hold): void {
  const holds = sets.get(key);
  holds?.delete(hold);
  if (holds?.size === 0) sets.delete(key);
}
