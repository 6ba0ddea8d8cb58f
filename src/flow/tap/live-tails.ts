import type { RoutedFact } from "../../domain/facts.ts";
import type { TapRequest } from "../../domain/tap/tap.ts";
import { readTapPattern, TAPS_MAX } from "../../domain/tap/tap.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { Observer } from "../../ports/observer.ts";
import type { LiveTail, OpenTail, TailFrame, TapObserver } from "../../ports/admin/tail.ts";
import type { TapMessage } from "./tap-message.ts";
import { decodeTapMessage, encodeTapMessage } from "./tap-message.ts";
import type { RedactEvent } from "./taps.ts";
import { Taps } from "./taps.ts";

const TICK_MS = 100;
/** How often a tail asks for its taps again, so that a router that has just started has them too. */
const TICKS_A_RENEWAL = 50;

export interface LiveTailsOptions {
  readonly broker: Broadcast;
  readonly redact: RedactEvent;
  readonly observer: TapObserver;
  readonly newId: () => string;
  /** A clock that nobody sets, in milliseconds from any moment. */
  readonly steadyMs: () => number;
  /** Calls it when the work at hand, such as the answer to a put, is done. */
  readonly later: (work: () => void) => void;
  /** The broker did not take a message that sets or ends taps. */
  readonly onError: (error: Error) => void;
}

/** A tail that somebody reads at this router. */
interface Asked {
  readonly request: TapRequest;
  readonly onFrame: (frame: TailFrame) => boolean;
  /** The address that the routers know; undefined before the first. */
  address: string | undefined;
  ticks: number;
  /** What the reader has not heard of yet. */
  untold: TailCounts;
}

type TailCounts = Pick<TailFrame, "seen" | "matching" | "passedOver">;

const NOTHING: TailCounts = { seen: 0, matching: 0, passedOver: 0 };

/**
 * Live tails: what one router asks of all, and what it shows to others. Whoever asks sets a tap on every router, by
 * broadcast; each evaluates the events that it accepts itself, and sends what fits to the asker.
 */
export class LiveTails implements LiveTail {
  readonly #options: LiveTailsOptions;
  readonly #taps: Taps;
  readonly #asked = new Map<string, Asked>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LiveTailsOptions) {
    this.#options = options;
    const { broker, redact, steadyMs, observer } = options;
    const send = (address: string, id: string, frame: TailFrame): Promise<void> =>
      broker.send(address, encodeTapMessage({ type: "frame", id, frame }));
    this.#taps = new Taps({ redact, nowMs: steadyMs, send, observer });
    broker.onBroadcast((body) => this.#receive(body));
  }

  /** Shows accepted events, those of schedules, and functions' records on a bus, to taps. Without a tap it does nothing. */
  get facts(): Pick<Observer, "put" | "attempt" | "scheduleFired"> {
    return {
      put: ({ entries }) => {
        if (this.#taps.count > 0) this.#see(entries.filter(({ outcome }) => outcome === "accepted"));
      },
      attempt: ({ routed }) => this.#seeUnlessNone(routed),
      scheduleFired: ({ routed }) => this.#seeUnlessNone(routed),
    };
  }

  open(request: TapRequest, onFrame: (frame: TailFrame) => boolean): OpenTail | "full" {
    const read = readTapPattern(request.patternJson);
    if (!read.ok) throw new RangeError(read.reason);
    // A tap of its own comes back by broadcast only in a while.
    if (Math.max(this.#taps.count, this.#asked.size) >= TAPS_MAX) return "full";
    const id = this.#options.newId();
    const asked = { request, onFrame, address: undefined, ticks: 0, untold: NOTHING };
    this.#asked.set(id, asked);
    this.#askFor(id, asked);
    this.#tickWhileNeeded();
    return {
      close: () => {
        if (this.#asked.delete(id)) this.#broadcast({ type: "end", id });
      },
    };
  }

  /** Ends the taps of this router's askers, and shows no more. */
  stop(): void {
    for (const id of this.#asked.keys()) this.#broadcast({ type: "end", id });
    this.#asked.clear();
    clearInterval(this.#timer);
  }

  #seeUnlessNone(routed: readonly RoutedFact[]): void {
    if (this.#taps.count > 0 && routed.length > 0) this.#see(routed);
  }

  #see(routed: readonly RoutedFact[]): void {
    this.#options.later(() => this.#taps.see(routed));
  }

  #receive(body: Buffer): void {
    const message = decodeTapMessage(body);
    if (message === undefined) return;
    if (message.type === "frame") return this.#pass(message.id, message.frame);
    if (message.type === "tap") this.#taps.hold(message);
    else this.#taps.drop(message.id);
    this.#tickWhileNeeded();
  }

  #pass(id: string, { events, seen, matching, passedOver, shown }: TailFrame): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    const { untold } = asked;
    asked.untold = {
      seen: untold.seen + seen,
      matching: untold.matching + matching,
      passedOver: untold.passedOver + passedOver,
    };
    if (asked.onFrame({ events, ...asked.untold, shown })) asked.untold = NOTHING;
    else if (shown > 0) this.#options.observer.tapEventsLost("slow", shown);
  }

  #tickWhileNeeded(): void {
    if (this.#taps.count + this.#asked.size > 0) this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
    else {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  #tick(): void {
    this.#taps.tick();
    for (const [id, asked] of this.#asked) {
      asked.ticks += 1;
      if (asked.ticks >= TICKS_A_RENEWAL || asked.address !== this.#options.broker.address) this.#askFor(id, asked);
    }
    this.#tickWhileNeeded();
  }

  /** Without an address, in a reconnect, nobody could answer: the next tick asks. */
  #askFor(id: string, asked: Asked): void {
    const { address } = this.#options.broker;
    asked.address = address;
    asked.ticks = 0;
    if (address !== undefined) this.#broadcast({ type: "tap", id, from: address, request: asked.request });
  }

  #broadcast(message: TapMessage): void {
    this.#options.broker.broadcast(encodeTapMessage(message)).catch((cause: unknown) => {
      this.#options.onError(new Error("a live tail could not be told to the other routers", { cause }));
    });
  }
}
