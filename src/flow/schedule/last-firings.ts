import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { LastFired } from "../../ports/admin/schedules.ts";
import type { FiredMessage } from "./fired-message.ts";
import { decodeFired, encodeFired } from "./fired-message.ts";

/** More schedules than anybody looks at: the ones that were fired longest ago are forgotten first. */
const KNOWN_MAX = 10_000;

/** When each schedule was fired last. The router that fires them says it to all; nothing is stored. */
export class LastFirings {
  readonly #broker: Broadcast;
  readonly #last = new Map<string, LastFired>();

  constructor(broker: Broadcast) {
    this.#broker = broker;
    broker.onBroadcast((body) => this.#hear(decodeFired(body)?.fired ?? []));
  }

  of(schedule: string): LastFired | undefined {
    return this.#last.get(schedule);
  }

  /** Forgets a schedule that is no more. */
  forget(schedule: string): void {
    this.#last.delete(schedule);
  }

  /** This router has fired them. */
  fired(fired: FiredMessage["fired"]): void {
    this.#hear(fired);
    this.#broker.broadcast(encodeFired({ fired })).catch(() => undefined);
  }

  #hear(fired: FiredMessage["fired"]): void {
    for (const { schedule, dueMs, firedAtMs } of fired) {
      const known = this.#last.get(schedule);
      if (known !== undefined && known.dueMs > dueMs) continue;
      this.#last.delete(schedule);
      this.#last.set(schedule, { dueMs, firedAtMs });
      const [oldest] = this.#last.keys();
      if (this.#last.size > KNOWN_MAX && oldest !== undefined) this.#last.delete(oldest);
    }
  }
}
