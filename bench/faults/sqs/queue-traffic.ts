import { setTimeout as sleep } from "node:timers/promises";
import type { HeldMessage, QueueClients } from "./queue-clients.ts";

export const ORDERS = "orders";
export const ORDERS_DEAD = "orders-dead";

/** Ten messages each: 30 a second. */
const SEND_EVERY_MS = 333;
const RECEIVERS = 4;
const VISIBILITY_SECONDS = 4;
const PAST_VISIBILITY_MS = 5_000;

/** What a receiver does with every twentieth message of a kind; with the others it deletes them at once. */
type Kind = "poison" | "forgotten" | "given back" | "extended" | "late";
const KINDS: readonly (Kind | undefined)[] = ["poison", "forgotten", "given back", "extended", "late"];
const KINDS_EVERY = 20;

/** Messages that are sent, received and treated in every way that there is, until it is stopped. */
export class QueueTraffic {
  readonly #clients: QueueClients;
  readonly #working = new Set<Promise<unknown>>();
  readonly #seen = new Set<string>();
  /** Messages that were sent after the last call of `flows`. */
  readonly #fresh = new Set<string>();
  #freshDeleted = 0;
  #sent = 0;
  #isSending = true;
  #isReceiving = true;

  constructor(clients: QueueClients) {
    this.#clients = clients;
    this.#begin(this.#send());
    for (let n = 0; n < RECEIVERS; n++) this.#begin(this.#receive());
    this.#begin(this.#receiveDead());
  }

  /** Resolves when so many messages that are sent from now on were received and deleted. */
  async flows(count = 50): Promise<void> {
    this.#fresh.clear();
    this.#freshDeleted = 0;
    while (this.#freshDeleted < count) await sleep(20);
  }

  stopSending(): void {
    this.#isSending = false;
  }

  async stop(): Promise<void> {
    this.#isSending = false;
    this.#isReceiving = false;
    await Promise.all(this.#working);
  }

  async #send(): Promise<void> {
    while (this.#isSending) {
      const [now, later] = [this.#bodies(7), this.#bodies(3)];
      const sent = [this.#clients.send(ORDERS, now), this.#clients.send(ORDERS, later, 2)];
      for (const id of (await Promise.all(sent)).flat()) this.#fresh.add(id);
      await sleep(SEND_EVERY_MS);
    }
  }

  #bodies(count: number): readonly string[] {
    return Array.from({ length: count }, () => JSON.stringify({ kind: KINDS[this.#sent++ % KINDS_EVERY] }));
  }

  async #receive(): Promise<void> {
    while (this.#isReceiving) {
      for (const message of await this.#clients.receive(ORDERS, VISIBILITY_SECONDS)) this.#begin(this.#treat(message));
    }
  }

  async #receiveDead(): Promise<void> {
    while (this.#isReceiving) await this.#clients.receiveDead(ORDERS_DEAD);
  }

  async #treat(message: HeldMessage): Promise<void> {
    const { kind } = JSON.parse(message.body) as { readonly kind?: Kind };
    const isFirst = !this.#seen.has(message.id);
    this.#seen.add(message.id);
    if (kind === "poison" || (isFirst && kind === "forgotten")) return;
    if (isFirst && kind === "given back") return await this.#clients.hide(ORDERS, message, 0);
    if (isFirst && kind === "extended") await this.#clients.hide(ORDERS, message, 3 * VISIBILITY_SECONDS);
    if (isFirst && (kind === "extended" || kind === "late")) await sleep(PAST_VISIBILITY_MS);
    if ((await this.#clients.delete(ORDERS, message)) && this.#fresh.has(message.id)) this.#freshDeleted += 1;
  }

  #begin(work: Promise<unknown>): void {
    const done = work.finally(() => this.#working.delete(done));
    this.#working.add(done);
  }
}
