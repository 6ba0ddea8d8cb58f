import type { Capacity } from "../../../ports/functions/functions.ts";
import type { Failure } from "../../../domain/failure/outcome.ts";
import { errorCode } from "../http/exchange.ts";
import { waitFor } from "../../../async/time-limit.ts";
import { WaitingLine } from "../../../async/waiting-line.ts";

/** The addresses of a host name; rejects with an error that has a `code`. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface AddressSlotsOptions {
  readonly hostname: string;
  readonly resolve: Resolve;
  readonly refreshMs: number;
  readonly slotsMax: number;
}

/** An address, and the state of its call. */
export interface Slot {
  readonly address: string;
  /** `abandoned`: its call is no longer waited for, and may still run there. */
  state: "free" | "called" | "abandoned";
  /** Whether the name still resolves to it. */
  known: boolean;
}

/** A resolver's codes for a name without an address. Other codes say that it could not be asked. */
const NO_ADDRESS_CODES: ReadonlySet<string> = new Set(["ENOTFOUND", "ENODATA"]);

/**
 * One slot for each address that a name resolves to, as the name changes. An address that is no longer among them
 * keeps its slot until its call is over: if it comes back meanwhile, it still has only one call.
 */
export class AddressSlots implements Capacity {
  readonly #options: AddressSlotsOptions;
  /** In order of use: the one that has been free for longest comes first. */
  readonly #slots = new Map<string, Slot>();
  readonly #line = new WaitingLine<Slot>(() => this.#pick());
  readonly #listeners: (() => void)[] = [];
  readonly #refreshTimer: NodeJS.Timeout;
  #lookup: Promise<void> | undefined;
  #lookupProblem = "the resolver has not answered";
  #lastCapacity = 1;

  constructor(options: AddressSlotsOptions) {
    this.#options = options;
    this.#refreshTimer = setInterval(() => void this.refresh(), options.refreshMs).unref();
    void this.refresh();
  }

  /** At least 1: a call for a name without addresses is made, and fails, instead of waiting forever. */
  current(): number {
    const usable = this.#count((slot) => slot.state === "called" || (slot.state === "free" && slot.known));
    return Math.min(this.#options.slotsMax, Math.max(1, usable));
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Takes a free address, waiting up to `waitMs` for one.
   *
   * @returns the slot, `connection` when the name has no address, or `throttled` when none came free in time.
   *   Rejects when the signal fires.
   */
  async take(waitMs: number, signal: AbortSignal): Promise<Slot | Failure> {
    return this.#pick() ?? (await this.#wait(waitMs, signal)) ?? this.#noSlot(waitMs);
  }

  /** Gives a slot back when its call has ended, in whatever way. */
  release(slot: Slot): void {
    slot.state = "free";
    this.#slots.delete(slot.address);
    if (slot.known) this.#slots.set(slot.address, slot);
    this.#changed();
  }

  /** Marks a slot whose call is no longer waited for. Its address stays taken until `release`. */
  abandon(slot: Slot): void {
    slot.state = "abandoned";
    this.#changed();
  }

  /** Looks the name up again; one lookup at a time. Never rejects. */
  refresh(): Promise<void> {
    this.#lookup ??= this.#lookUp().finally(() => (this.#lookup = undefined));
    return this.#lookup;
  }

  close(): void {
    clearInterval(this.#refreshTimer);
  }

  async #lookUp(): Promise<void> {
    try {
      this.#setAddresses(await this.#options.resolve(this.#options.hostname));
    } catch (error) {
      this.#lookupProblem = errorCode(error);
      // A failure of the name server says nothing about the containers, so their addresses stay.
      if (NO_ADDRESS_CODES.has(this.#lookupProblem)) this.#setAddresses([]);
    }
    this.#changed();
    if (this.#count((slot) => slot.known) === 0) this.#line.dismiss();
  }

  #setAddresses(addresses: readonly string[]): void {
    const found = new Set(addresses);
    for (const slot of this.#slots.values()) {
      slot.known = found.has(slot.address);
      if (!slot.known && slot.state === "free") this.#slots.delete(slot.address);
    }
    for (const address of found) {
      if (!this.#slots.has(address)) this.#slots.set(address, { address, state: "free", known: true });
    }
  }

  #pick(): Slot | undefined {
    const slot = [...this.#slots.values()].find(({ state, known }) => state === "free" && known);
    if (slot !== undefined) slot.state = "called";
    return slot;
  }

  #wait(waitMs: number, signal: AbortSignal): Promise<Slot | undefined> {
    if (this.#count((slot) => slot.known) === 0) void this.refresh();
    const left = new AbortController();
    const served = this.#line.take(left.signal);
    const onGiveUp = () => {
      left.abort();
      // It may have been served in the same turn: then the slot goes back.
      void served.then((slot) => slot && this.release(slot));
    };
    return waitFor(served, waitMs, { signal, onGiveUp });
  }

  #noSlot(waitMs: number): Failure {
    const { hostname } = this.#options;
    if (this.#count((slot) => slot.known) === 0) {
      return { ok: false, reason: "connection", message: `${hostname} has no address: ${this.#lookupProblem}` };
    }
    const message = `every container of ${hostname} stayed busy for ${waitMs / 1_000} s`;
    return { ok: false, reason: "throttled", message };
  }

  /** Gives free slots to those who wait, and calls the listeners when the capacity has changed. */
  #changed(): void {
    this.#line.serve();
    const capacity = this.current();
    if (capacity === this.#lastCapacity) return;
    this.#lastCapacity = capacity;
    for (const listener of this.#listeners) listener();
  }

  #count(which: (slot: Slot) => boolean): number {
    return [...this.#slots.values()].filter(which).length;
  }
}
