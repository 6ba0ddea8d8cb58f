import type { RouterStatus } from "../../domain/status/router-status.ts";
import { STATUS_MS } from "../../domain/status/router-status.ts";
import type { Broadcast } from "../../ports/broker/broadcast.ts";
import type { KnownRouter, Routers, RoutersObserver, StatusStep } from "../../ports/admin/routers.ts";
import { LastHour } from "./last-hour.ts";
import type { StatusMessage } from "./status-message.ts";
import { decodeStatusMessage, encodeStatusMessage } from "./status-message.ts";

const SOON_MS = 1_000;
const SILENT_MS = 3 * STATUS_MS;
const FORGOTTEN_MS = 600_000;
/** A router beyond these is known once another one is forgotten. */
const ROUTERS_MAX = 100;

export interface RouterStatusesOptions {
  readonly broker: Broadcast;
  /** This router's id, by which others know it. */
  readonly id: string;
  /** How this router is, and what it has done since it was last asked. */
  readonly measure: () => RouterStatus;
  readonly observer: RoutersObserver;
  readonly nowMs: () => number;
}

interface Heard {
  readonly status: RouterStatus;
  readonly seenAtMs: number;
}

/**
 * How every router at the broker is. Each says it to all every 10 s, and keeps the latest of each. Nothing is stored and
 * nobody waits: a status that is lost is made up for by the next.
 */
export class RouterStatuses implements Routers {
  readonly #options: RouterStatusesOptions;
  readonly #heard = new Map<string, Heard>();
  readonly #lastHour = new LastHour();
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(options: RouterStatusesOptions) {
    this.#options = options;
    options.broker.onBroadcast((body) => this.#receive(body));
  }

  start(): void {
    this.#timer = setInterval(() => this.say(), STATUS_MS).unref();
    this.say();
  }

  /** Says now how this router is: what has changed should not wait for the next turn. */
  say(): void {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const status = this.#options.measure();
    this.#keep(status);
    this.#send({ type: "status", status });
    this.#forget();
  }

  /** Says it within a second: for what may change many times in one. */
  saySoon(): void {
    this.#soon ??= setTimeout(() => this.say(), SOON_MS).unref();
  }

  /** Says that this router ends, so that the others do not miss it. */
  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#send({ type: "end", id: this.#options.id });
  }

  list(): readonly KnownRouter[] {
    this.#forget();
    const nowMs = this.#options.nowMs();
    return [...this.#heard.values()]
      .map(({ status, seenAtMs }) => ({ ...status, seenAtMs, silent: nowMs - seenAtMs >= SILENT_MS }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  lastHour(): readonly StatusStep[] {
    return this.#lastHour.steps(this.#options.nowMs());
  }

  #receive(body: Buffer): void {
    const message = decodeStatusMessage(body);
    // What this router sends comes back to it as well.
    if (message === undefined || idOf(message) === this.#options.id) return;
    if (message.type === "end") this.#heard.delete(message.id);
    else this.#keep(message.status);
  }

  /** One that has started anew takes the place of what it was before. */
  #keep(status: RouterStatus): void {
    const before = this.#heard.get(status.id)?.status;
    if (before === undefined && this.#heard.size >= ROUTERS_MAX) return;
    if (before !== undefined && before.startedAtMs > status.startedAtMs) return;
    const nowMs = this.#options.nowMs();
    this.#heard.set(status.id, { status, seenAtMs: nowMs });
    this.#lastHour.add(status.counts, nowMs);
  }

  #forget(): void {
    const nowMs = this.#options.nowMs();
    let silent = 0;
    for (const [id, { seenAtMs }] of this.#heard) {
      if (nowMs - seenAtMs >= FORGOTTEN_MS) this.#heard.delete(id);
      else if (nowMs - seenAtMs >= SILENT_MS) silent += 1;
    }
    this.#options.observer.routersKnown(this.#heard.size - silent, silent);
  }

  #send(message: StatusMessage): void {
    this.#options.broker.broadcast(encodeStatusMessage(message)).catch(() => this.#options.observer.statusLost());
  }
}

function idOf(message: StatusMessage): string {
  return message.type === "end" ? message.id : message.status.id;
}
