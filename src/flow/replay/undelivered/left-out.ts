import type { RuleTarget } from "../../../domain/delivery/delivery.ts";
import type { LeftOut, ReplayOrder } from "../../../domain/replay/replay.ts";
import type { DeliveryKnown, KnownSuccesses } from "./known-successes.ts";

export const NONE_LEFT_OUT: LeftOut = { delivered: 0, unknown: 0 };

/** Decides for one event which of its targets do not get it again. */
export class TargetChoice {
  readonly #known: (origin: RuleTarget) => DeliveryKnown;
  readonly #unknownToo: boolean;
  #isUnknown = false;

  constructor(
    event: { readonly id: string; readonly atMs: number },
    { undelivered }: Pick<ReplayOrder, "undelivered">,
    successes: Pick<KnownSuccesses, "at">,
  ) {
    this.#known = (origin) => successes.at(event.id, event.atMs, origin);
    this.#unknownToo = undelivered?.unknownToo ?? false;
  }

  readonly isSkipped = (origin: RuleTarget): boolean => {
    const known = this.#known(origin);
    if (known === "unknown") this.#isUnknown = true;
    return known === "delivered" || (known === "unknown" && !this.#unknownToo);
  };

  /** Of this event, once its targets were asked about. @param sent to how many of them it goes. */
  leftOut(sent: number): LeftOut {
    const isUnknown = this.#isUnknown && !this.#unknownToo;
    return { delivered: sent === 0 && !isUnknown ? 1 : 0, unknown: isUnknown ? 1 : 0 };
  }
}

export function bothLeftOut(one: LeftOut, other: LeftOut): LeftOut {
  return { delivered: one.delivered + other.delivered, unknown: one.unknown + other.unknown };
}
