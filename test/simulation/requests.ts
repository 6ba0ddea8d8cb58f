import type { RequestEntry } from "../../src/ports/put.ts";
import type { Chance } from "./chance.ts";
import type { AcceptedEvent } from "./oracle/final-rules.ts";
import { DETAIL_TYPES, expectedOf } from "./scenario.ts";
import type { SimulatedRouter } from "./router/simulated-router.ts";
import type { Trace } from "./trace.ts";

/** Requests of a few events each, and the events that were accepted. */
export class Requests {
  readonly accepted: AcceptedEvent[] = [];
  readonly #chance: Chance;
  readonly #trace: Trace;
  #puts = 0;

  constructor(chance: Chance, trace: Trace) {
    this.#chance = chance;
    this.#trace = trace;
  }

  /** @param kind `poison` is one event that kills whoever handles it. */
  async put(router: SimulatedRouter, kind: "few" | "burst" | "poison" = "few"): Promise<void> {
    const poison = kind === "poison";
    const chance = this.#chance;
    const { variant, life } = router;
    const count = poison ? 1 : kind === "burst" ? chance.between(8, 14) : chance.between(1, 3);
    const puts = Array.from({ length: count }, () => {
      const bus = chance.pick(["default", "default", "default", "audit", ...(chance.happens(0.1) ? ["nowhere"] : [])]);
      return { bus, type: chance.pick(DETAIL_TYPES) };
    });
    const entries = puts.map(({ bus, type }): RequestEntry => {
      const detail = { put: (this.#puts += 1), ...(poison ? { poison } : {}), pad: "x".repeat(chance.between(0, 600)) };
      return { source: "shop", detailType: type, detail: JSON.stringify(detail), eventBusName: bus };
    });
    const result = await router.putEntries(entries);
    if (result.kind !== "answered" || !life.alive) return;
    result.entries.forEach((entry, index) => {
      const put = puts[index];
      if (!entry.ok || put === undefined) return;
      const { bus, type } = put;
      this.#trace.note(`router ${router.name} accepted ${entry.eventId}`);
      this.accepted.push({
        eventId: entry.eventId,
        expected: expectedOf(variant, bus, type),
        unknownBus: bus === "nowhere",
      });
    });
  }
}
