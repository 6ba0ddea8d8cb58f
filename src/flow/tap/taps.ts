import type { RoutedFact } from "../../domain/facts.ts";
import type { TapLoss } from "../../domain/tap/tap.ts";
import { readTapPattern, TAP_EVENTS_PER_SECOND_MAX, TAPS_MAX } from "../../domain/tap/tap.ts";
import type { TapObserver, TailFrame } from "../../ports/admin/tail.ts";
import type { TappedEvent } from "./tap.ts";
import { Tap } from "./tap.ts";
import type { TapMessage } from "./tap-message.ts";

/** How long a tap stays that nobody asks for again: its asker may have died. */
const LEASE_MS = 60_000;
/** A frame without events, of counts alone, waits for so many ticks. */
const TICKS_A_COUNT = 10;
/**
 * All taps together take so many milliseconds a tick, a tenth of the router's time, and about twice as many at once. An
 * event of 256 KiB takes some 8 ms to redact and 1 ms more for each pattern: without a bound, twenty taps would keep puts and
 * deliveries waiting.
 */
const BUSY_MS_A_TICK = 10;
const BUSY_MS_MAX = 20;

/** Replaces secrets in an event; undefined for one that must not be shown. */
export type RedactEvent = (json: Buffer) => Buffer | undefined;

export interface TapsOptions {
  readonly redact: RedactEvent;
  /** A clock that nobody sets, in milliseconds from any moment. */
  readonly nowMs: () => number;
  /** Sends a frame to the asker's address. Rejects when the broker does not take it. */
  readonly send: (address: string, id: string, frame: TailFrame) => Promise<void>;
  readonly observer: TapObserver;
}

interface Held {
  readonly tap: Tap;
  address: string;
  leaseEndsMs: number;
  ticks: number;
  isSending: boolean;
}

/** The taps on this router, by id: its own askers' and those of all other routers. */
export class Taps {
  readonly #options: TapsOptions;
  readonly #taps = new Map<string, Held>();
  /** What the taps have taken of the router's time, less what the ticks since have allowed. */
  #busyMs = 0;

  constructor(options: TapsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#taps.size;
  }

  /** Holds a tap for 60 s more. One that is new is refused, without a word, where there are too many or it is wrong. */
  hold({ id, from, request }: Extract<TapMessage, { type: "tap" }>): void {
    const leaseEndsMs = this.#options.nowMs() + LEASE_MS;
    const held = this.#taps.get(id);
    if (held !== undefined) {
      held.address = from;
      held.leaseEndsMs = leaseEndsMs;
      return;
    }
    const { eventsPerSecondMax: rate, patternJson } = request;
    const isRate = Number.isInteger(rate) && rate >= 1 && rate <= TAP_EVENTS_PER_SECOND_MAX;
    const read = readTapPattern(patternJson);
    if (this.count >= TAPS_MAX || !isRate || !read.ok) return;
    const tap = new Tap(request, read, (reason) => this.#lost(reason, 1));
    this.#taps.set(id, { tap, address: from, leaseEndsMs, ticks: 0, isSending: false });
    this.#options.observer.taps(this.count);
  }

  drop(id: string): void {
    if (this.#taps.delete(id)) this.#options.observer.taps(this.count);
  }

  /** Shows events to the taps of their bus. Where there is no time for that, they are counted as lost. */
  see(routed: readonly RoutedFact[]): void {
    for (const { event, matched } of routed) {
      if (event === undefined) continue;
      const tapped = { event, matched, redacted: once(() => this.#options.redact(event.body)) };
      const ofBus = [...this.#taps].filter(([, { tap }]) => tap.request.bus === event.bus);
      const served = ofBus.filter(([, { tap }]) => this.#show(tapped, tap));
      if (served.length < ofBus.length) this.#letOthersBeFirst(served);
    }
  }

  /** Where time runs out, the taps that come last see nothing: those that saw an event are last at the next one. */
  #letOthersBeFirst(served: readonly (readonly [string, Held])[]): void {
    for (const [id] of served) this.#taps.delete(id);
    for (const [id, held] of served) this.#taps.set(id, held);
  }

  /** @returns false where there was no time. */
  #show(tapped: TappedEvent, tap: Tap): boolean {
    if (this.#busyMs >= BUSY_MS_MAX) {
      tap.passOver();
      return false;
    }
    const beganMs = this.#options.nowMs();
    tap.see(tapped, beganMs);
    this.#busyMs += this.#options.nowMs() - beganMs;
    return true;
  }

  /** Sends what was seen, and ends the leases that are over. Called ten times a second. */
  tick(): void {
    const nowMs = this.#options.nowMs();
    this.#busyMs = Math.max(0, this.#busyMs - BUSY_MS_A_TICK);
    for (const [id, held] of this.#taps) {
      if (nowMs >= held.leaseEndsMs) this.drop(id);
      else this.#sendDue(id, held);
    }
  }

  /** While a frame is being sent, the next one grows up to its limits. */
  #sendDue(id: string, held: Held): void {
    held.ticks += 1;
    if (held.isSending || (!held.tap.hasEvents && held.ticks < TICKS_A_COUNT)) return;
    held.ticks = 0;
    const frame = held.tap.takeFrame();
    if (frame !== undefined) void this.#send(id, held, frame);
  }

  async #send(id: string, held: Held, frame: TailFrame): Promise<void> {
    held.isSending = true;
    try {
      await this.#options.send(held.address, id, frame);
    } catch {
      this.#lost("refused", frame.shown);
    } finally {
      held.isSending = false;
    }
  }

  #lost(reason: TapLoss, count: number): void {
    if (count > 0) this.#options.observer.tapEventsLost(reason, count);
  }
}

/** Redaction reads all of an event: twenty times what matching takes. */
function once<Made>(make: () => Made): () => Made {
  let made: { readonly is: Made } | undefined;
  return () => (made ??= { is: make() }).is;
}
