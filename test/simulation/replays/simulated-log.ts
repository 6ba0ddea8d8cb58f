import type { Broadcast } from "../../../src/ports/broker/broadcast.ts";
import type { ControlLog } from "../../../src/ports/broker/log.ts";
import { PublishError } from "../../../src/ports/broker/publisher.ts";
import type { Life } from "../life.ts";
import type { Scheduler } from "../scheduler.ts";

/** A router that follows the log. */
interface Follower {
  readonly life: Life;
  readonly listener: (record: Buffer) => void;
  at: number;
}

/** The control log and broadcasts of all routers: records come in order and late, broadcasts late or not at all. */
export class SimulatedLog {
  /** For one record: that it is not stored, and that its confirm is lost. For one broadcast: that it is lost. */
  faults = { refused: 0, lostConfirms: 0, lostBroadcasts: 0 };
  isAway = false;
  readonly #scheduler: Scheduler;
  readonly #records: Buffer[] = [];
  readonly #followers: Follower[] = [];
  readonly #listeners: { readonly life: Life; readonly listener: (body: Buffer) => void }[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  connect(life: Life): ControlLog & Broadcast {
    return {
      address: undefined,
      append: (record) => this.#append(record, life),
      follow: (listener) => this.#follow(listener, life),
      broadcast: (body) => this.#broadcast(body, life),
      onBroadcast: (listener) => void this.#listeners.push({ life, listener }),
      send: () => Promise.resolve(),
    };
  }

  async #append(record: Buffer, life: Life): Promise<void> {
    const { chance } = this.#scheduler;
    await this.#scheduler.wait(chance.between(0, 20), life);
    const isRefused = this.isAway || chance.happens(this.faults.refused);
    if (!isRefused) {
      this.#records.push(record);
      for (const follower of this.#followers) this.#handOver(follower);
    }
    const isLost = chance.happens(this.faults.lostConfirms);
    await this.#scheduler.wait(isLost ? 5_000 : chance.between(0, 20), life);
    if (isRefused || isLost) throw new PublishError([{ index: 0, reason: isRefused ? "disconnected" : "timeout" }]);
  }

  async #follow(listener: (record: Buffer) => void, life: Life): Promise<void> {
    await this.#scheduler.wait(this.#scheduler.chance.between(0, 200), life);
    for (const record of this.#records) listener(record);
    this.#followers.push({ life, listener, at: this.#records.length });
  }

  /** Hands over the next records some time later. While the broker is away nothing comes, and all of it afterwards. */
  #handOver(follower: Follower): void {
    this.#scheduler.after(this.#scheduler.chance.between(0, 50), follower.life, () => {
      if (this.isAway) return this.#handOver(follower);
      const next = this.#records.slice(follower.at);
      follower.at = this.#records.length;
      for (const record of next) follower.listener(record);
    });
  }

  async #broadcast(body: Buffer, life: Life): Promise<void> {
    const { chance } = this.#scheduler;
    await this.#scheduler.wait(0, life);
    for (const other of this.#listeners) {
      if (this.isAway || !other.life.alive || chance.happens(this.faults.lostBroadcasts)) continue;
      this.#scheduler.after(chance.between(0, 100), other.life, () => other.listener(body));
    }
  }
}
