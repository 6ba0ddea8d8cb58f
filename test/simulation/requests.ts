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

  /** @param kind with `poison` one of the events kills whoever handles it. */
  async put(router: SimulatedRouter, kind: "few" | "burst" | "poison" = "few"): Promise<void> {
    const chance = this.#chance;
    const { variant, life } = router;
    const count = this.#count(kind);
    const poisoned = kind === "poison" ? chance.between(0, count - 1) : -1;
    const drawn = Array.from({ length: count }, () => {
      const bus = chance.pick(["default", "default", "default", "audit", ...(chance.happens(0.1) ? ["nowhere"] : [])]);
      return { bus, type: chance.pick(DETAIL_TYPES) };
    });
    // The neighbours of a poisoned event go where it goes, and travel with it.
    const puts = kind === "poison" ? drawn.map(() => drawn[0]!) : drawn;
    const entries = puts.map(({ bus, type }, index): RequestEntry => {
      const detail = {
        put: (this.#puts += 1),
        ...(index === poisoned ? { poison: true } : {}),
        pad: "x".repeat(chance.between(0, 600)),
      };
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

  /** Mostly a few, and at times so many that their deliveries travel as packs, and more than one pack holds. */
  #count(kind: "few" | "burst" | "poison"): number {
    const chance = this.#chance;
    if (kind === "burst") return chance.between(8, 14);
    if (kind === "poison") return chance.between(1, 8);
    return chance.happens(0.2) ? chance.between(4, 10) : chance.between(1, 3);
  }
}
