import type { Config } from "../../domain/config.ts";
import type { PermitsInUse } from "../../domain/target/permits-in-use.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { CallPermits } from "../functions/call-permits.ts";
import { CallSlots } from "../functions/call-slots.ts";
import type { LenderPlaceOptions } from "./lender-place.ts";
import { LenderPlace } from "./lender-place.ts";
import { LentPermits } from "./lent-permits.ts";
import type { LoanFor } from "./permit-lender.ts";
import { PermitLender } from "./permit-lender.ts";
import type { PermitLoan, PermitReport } from "./permit-message.ts";
import { decodePermitMessage, encodePermitMessage } from "./permit-message.ts";

const TICK_MS = 1_000;
/** A lender that is silent for so long may be another one by now: all are asked. */
const LENDER_SILENT_MS = 2_000;

export interface ReservedConcurrencyOptions extends LenderPlaceOptions {
  readonly broker: LenderPlaceOptions["broker"] & Broadcast;
  readonly config: () => Config;
  /** Whether no other router can be at the broker: then there is nobody to lend to. */
  readonly isOnlyRouter: boolean;
}

interface Known {
  readonly permits: CallPermits;
  /** Where others are at the broker. */
  readonly lent: LentPermits | undefined;
  /** Where no other is. */
  readonly own: CallSlots | undefined;
  readonly inUse: () => Pick<PermitsInUse, "lent" | "used">;
}

/**
 * Keeps the calls of functions with reserved concurrency within it, over all routers. One router lends permits to all, itself
 * among them, by messages that nobody stores. Functions without it are not known here, and a router that has none of them in
 * its configuration does not take part.
 */
export class ReservedConcurrency {
  readonly #options: ReservedConcurrencyOptions;
  readonly #place: LenderPlace;
  readonly #known = new Map<string, Known>();
  #lender: { readonly beganAtMs: number; readonly lends: PermitLender } | undefined;
  #address: { readonly of: string; readonly atMs: number } | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #isFailing = false;

  constructor(options: ReservedConcurrencyOptions) {
    this.#options = options;
    this.#place = new LenderPlace(options);
    if (!options.isOnlyRouter) options.broker.onBroadcast((body) => this.#receive(body));
  }

  /** The permits of a function; undefined for one without reserved concurrency, and for one that is not to be called at all. */
  of(functionName: string): CallPermits | undefined {
    const limit = this.#limitOf(functionName);
    if (limit === undefined || limit === 0) return undefined;
    const known = this.#known.get(functionName) ?? this.#knownOf(functionName);
    this.#known.set(functionName, known);
    return known.permits;
  }

  inUse(): readonly PermitsInUse[] {
    return [...this.#known].flatMap(([functionName, { inUse }]) => {
      const limit = this.#limitOf(functionName);
      return limit === undefined ? [] : [{ functionName, limit, ...inUse() }];
    });
  }

  /** Takes part as soon as the configuration has such a function. */
  follow({ functions }: Config): void {
    const reserved = [...functions.values()].filter(({ reservedConcurrency }) => reservedConcurrency !== undefined);
    for (const [name, { lent, own }] of this.#known) {
      // There may be more of them now.
      own?.serve();
      if (functions.get(name)?.reservedConcurrency !== undefined) continue;
      lent?.returnAll();
      own?.refuseWaiting();
      this.#known.delete(name);
    }
    if (reserved.length === 0 || this.#options.isOnlyRouter || this.#ticking !== undefined) return;
    this.#place.join();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Gives back what it has, and the place. */
  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    for (const { lent } of this.#known.values()) lent?.returnAll();
    await this.#place.stop();
  }

  #limitOf(functionName: string): number | undefined {
    return this.#options.config().functions.get(functionName)?.reservedConcurrency;
  }

  #knownOf(functionName: string): Known {
    const { sleep, steadyMs, isOnlyRouter } = this.#options;
    if (isOnlyRouter) {
      const slots = new CallSlots({ limit: () => this.#limitOf(functionName) ?? 0, sleep });
      const permits: CallPermits = {
        tryTake: () => slots.tryTake(),
        takeFree: () => Promise.resolve(slots.tryTake()),
        take: (waitMs, lost) => slots.take(waitMs, lost),
        release: () => slots.release(),
      };
      const inUse = () => ({ lent: this.#limitOf(functionName) ?? 0, used: slots.taken });
      return { permits, lent: undefined, own: slots, inUse };
    }
    const send = (report: Omit<PermitReport, "type" | "from">): void => this.#report(report);
    const limit = (): number | undefined => this.#limitOf(functionName);
    const lent = new LentPermits({ functionName, limit, sleep, steadyMs, send });
    return { permits: lent, lent, own: undefined, inUse: () => ({ lent: lent.usable, used: lent.used }) };
  }

  #tick(): void {
    this.#place.join();
    this.#place.tick();
    for (const { lent } of this.#known.values()) lent?.tick();
  }

  #report(report: Omit<PermitReport, "type" | "from">): void {
    const { broker, steadyMs } = this.#options;
    const { address } = broker;
    if (address === undefined) return;
    const body = encodePermitMessage({ type: "report", from: address, ...report });
    const lender = this.#address;
    const isKnown = lender !== undefined && steadyMs() - lender.atMs < LENDER_SILENT_MS;
    void this.#sent(isKnown ? broker.send(lender.of, body) : broker.broadcast(body));
  }

  #receive(body: Buffer): void {
    const said = decodePermitMessage(body);
    if (said?.type === "report") this.#lend(said);
    else if (said?.type === "loan") this.#hear(said);
  }

  #hear(loan: PermitLoan): void {
    this.#address = { of: loan.from, atMs: this.#options.steadyMs() };
    this.#known.get(loan.functionName)?.lent?.hear(loan);
  }

  #lend(report: PermitReport): void {
    const { broker, steadyMs } = this.#options;
    const { address } = broker;
    const begun = this.#place.term;
    if (begun === undefined || address === undefined) {
      this.#lender = undefined;
      return;
    }
    if (this.#lender?.beganAtMs !== begun.atMs) {
      const lends = new PermitLender((name) => this.#limitOf(name), begun.atMs);
      this.#lender = { beganAtMs: begun.atMs, lends };
    }
    const loans = this.#lender.lends.hear(report, steadyMs());
    for (const { to, ...loan } of loans satisfies readonly LoanFor[]) {
      const said = { type: "loan", from: address, term: begun.term, ...loan } as const;
      void this.#sent(broker.send(to, encodePermitMessage(said)));
    }
  }

  /** A message that is lost is one that the next second repeats. */
  async #sent(sending: Promise<void>): Promise<void> {
    try {
      await sending;
      this.#isFailing = false;
    } catch (cause) {
      const message = "permits of functions could not be asked for, or lent";
      if (!this.#isFailing) this.#options.onError(new Error(message, { cause }));
      this.#isFailing = true;
    }
  }
}
