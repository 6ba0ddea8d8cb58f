import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** Something that crosses the network. */
export interface Parcel {
  readonly arrive: () => void;
  /** Called instead when the connection breaks first. */
  readonly lost?: () => void;
}

/**
 * One direction of a connection. What is written arrives in its order after a while, and what one step writes arrives
 * together.
 */
export class Wire {
  readonly #scheduler: Scheduler;
  readonly #receiver: Life | undefined;
  #queue: Parcel[][] = [];
  /** What the present step writes. */
  #open: { readonly step: number; readonly parcels: Parcel[] } | undefined;
  #lastAtMs = 0;
  #held = false;
  /** How many batches came while it was held. */
  #due = 0;
  #cut = false;

  /** @param receiver the process at its end; undefined for the broker, which never dies. */
  constructor(scheduler: Scheduler, receiver: Life | undefined) {
    this.#scheduler = scheduler;
    this.#receiver = receiver;
  }

  send(parcel: Parcel): void {
    if (this.#cut) return parcel.lost?.();
    const scheduler = this.#scheduler;
    if (this.#open?.step === scheduler.steps) return void this.#open.parcels.push(parcel);
    const parcels = [parcel];
    this.#open = { step: scheduler.steps, parcels };
    this.#queue.push(parcels);
    this.#lastAtMs = Math.max(this.#lastAtMs, scheduler.nowMs + scheduler.chance.between(1, 10));
    scheduler.after(this.#lastAtMs - scheduler.nowMs, this.#receiver, () => this.#arrive());
  }

  /** Nobody reads what arrives, until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    const due = this.#due;
    this.#due = 0;
    for (let batch = 0; batch < due; batch++) this.#deliver();
  }

  /** Breaks it. Of what is on its way, a part from the front may still arrive, now. */
  cut(arriving: "none" | "some"): void {
    const parcels = this.#queue.flat();
    this.#queue = [];
    this.#open = undefined;
    const got = arriving === "none" || this.#held ? 0 : this.#scheduler.chance.between(0, parcels.length);
    for (const { arrive } of parcels.slice(0, got)) arrive();
    this.#cut = true;
    for (const { lost } of parcels.slice(got)) lost?.();
  }

  #arrive(): void {
    if (this.#held) this.#due += 1;
    else this.#deliver();
  }

  #deliver(): void {
    const parcels = this.#queue.shift() ?? [];
    if (this.#open?.parcels === parcels) this.#open = undefined;
    for (const { arrive, lost } of parcels) {
      if (this.#cut) lost?.();
      else arrive();
    }
  }
}
