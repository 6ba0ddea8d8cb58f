import type { CallPermits } from "../functions/call-permits.ts";
import { CallSlots } from "../functions/call-slots.ts";
import { USED_MS } from "./permit-lender.ts";
import type { PermitLoan, PermitReport } from "./permit-message.ts";

/** How long a caller who does not wait for the end of a call waits for others to return what they do not use. */
const FREE_MS_MAX = 1_000;
/** Permits that were not used for so many seconds are returned. */
const IDLE_SECONDS_MAX = 5;
/** So long after an answer that there are none, those who would not wait do not ask again. */
const DENIED_MS = 100;

export interface LentPermitsOptions {
  readonly functionName: string;
  /** How many there are over all routers, as the configuration says; undefined once it says nothing of that. */
  readonly limit: () => number | undefined;
  /** Milliseconds of a clock that nobody sets. */
  readonly steadyMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Sends a report to the lender, whoever that is. */
  readonly send: (report: Omit<PermitReport, "type" | "from">) => void;
}

/**
 * A function's permits at one router, as the lender has lent them. A permit that is here costs nothing to take; only where
 * all are in use the lender is asked. Without an answer for `USED_MS` there are none.
 */
export class LentPermits implements CallPermits {
  readonly #options: LentPermitsOptions;
  readonly #slots: CallSlots;
  #permits = 0;
  #usableUntilMs = -Infinity;
  #deniedAtMs = -Infinity;
  #seen = { term: 0, number: 0 };
  #ask = 0;
  /** When those reports were sent that are not answered yet. */
  readonly #askedAtMs = new Map<number, number>();
  #reported = { has: 0, wants: 0 };
  #idleSeconds = 0;
  readonly #answered = new Set<(loan: PermitLoan) => void>();

  constructor(options: LentPermitsOptions) {
    this.#options = options;
    this.#slots = new CallSlots({ limit: () => this.usable, sleep: options.sleep });
  }

  /** How many calls this router may make at once now. */
  get usable(): number {
    return this.#options.steadyMs() < this.#usableUntilMs ? this.#permits : 0;
  }

  get used(): number {
    return this.#slots.taken;
  }

  tryTake(): boolean {
    return this.#slots.tryTake();
  }

  async takeFree(): Promise<boolean> {
    if (this.tryTake()) return true;
    if (this.#options.steadyMs() - this.#deniedAtMs < DENIED_MS) return false;
    const over = new AbortController();
    const ask = this.#ask + 1;
    // Its answer is here: who waits for it was served before.
    const answered = (loan: PermitLoan): void => {
      if (loan.ask >= ask && !loan.isRecalling) over.abort();
    };
    this.#answered.add(answered);
    const taken = this.take(FREE_MS_MAX, over.signal, true);
    return taken.finally(() => this.#answered.delete(answered));
  }

  async take(waitMs: number, lost: AbortSignal, asksAnew = false): Promise<boolean> {
    if (lost.aborted) return false;
    if (this.tryTake()) return true;
    const taking = this.#slots.take(waitMs, lost);
    // One more who waits changes nothing for the lender as long as it has not answered for those before.
    if (asksAnew || this.#reported.wants <= this.#permits) this.#report();
    return taking;
  }

  release(): void {
    this.#slots.release();
    // What the lender has asked for goes back as soon as it is free.
    if (this.#has < this.#reported.has) this.#report();
  }

  /** Lets nobody wait any longer. */
  refuseWaiting(): void {
    this.#slots.refuseWaiting();
  }

  /** Goes by what the lender has lent. */
  hear(loan: PermitLoan): void {
    const { term, number, permits, ask } = loan;
    const seen = this.#seen;
    if (term < seen.term || (term === seen.term && number <= seen.number)) return;
    this.#seen = { term, number };
    const askedAtMs = this.#askedAtMs.get(ask);
    for (const earlier of this.#askedAtMs.keys()) if (earlier < ask) this.#askedAtMs.delete(earlier);
    if (askedAtMs !== undefined) this.#usableUntilMs = Math.max(this.#usableUntilMs, askedAtMs + USED_MS);
    const hadMore = permits < this.#permits;
    this.#permits = permits;
    this.#slots.serve();
    if (loan.isWanted) this.#permits = Math.min(permits, this.#wanted);
    if (this.#slots.waiting > 0 && this.used >= permits && !loan.isRecalling)
      this.#deniedAtMs = this.#options.steadyMs();
    for (const answered of this.#answered) answered(loan);
    if (hadMore || loan.isWanted || this.#wanted > this.#reported.wants) this.#report();
  }

  /** To be called each second. */
  tick(): void {
    const isExpired = this.#options.steadyMs() >= this.#usableUntilMs;
    // Others may have them by now.
    if (isExpired) this.#permits = 0;
    const isIdle = this.#wanted === 0;
    this.#idleSeconds = isIdle ? this.#idleSeconds + 1 : 0;
    if (isIdle && this.#idleSeconds >= IDLE_SECONDS_MAX) this.#permits = 0;
    if (!isIdle || this.#permits > 0 || this.#reported.has > 0 || this.#reported.wants > 0) this.#report();
  }

  /** Gives all of them back that are not in use. */
  returnAll(): void {
    this.refuseWaiting();
    this.#permits = 0;
    this.#report();
  }

  get #wanted(): number {
    return this.used + this.#slots.waiting;
  }

  get #has(): number {
    return Math.max(this.#permits, this.used);
  }

  #report(): void {
    const { functionName, limit, steadyMs, send } = this.#options;
    this.#ask += 1;
    this.#askedAtMs.set(this.#ask, steadyMs());
    const [oldest] = this.#askedAtMs.keys();
    if (this.#askedAtMs.size > 100 && oldest !== undefined) this.#askedAtMs.delete(oldest);
    this.#reported = { has: this.#has, wants: this.#wanted };
    send({ functionName, ask: this.#ask, ...this.#reported, limit: limit(), seen: this.#seen });
  }
}
