import type { BlockedKey } from "../../domain/order/blocked-key.ts";
import type { JsonObject } from "../../json/json.ts";
import type { BlockedKeyControl } from "../../ports/admin/blocked-keys.ts";
import { cutText } from "../../text/cut-text.ts";
import type { LogUser, SharedLog } from "../control-log/shared-log.ts";

/** How many are known. What is beyond waits as well, and nobody sees it: the oldest are told first. */
const KEYS_MAX = 1_000;
const TEXT_CHARACTERS_MAX = 1_024;
const MESSAGE_BYTES_MAX = 1_024;
/** No event is tried for longer: what is older was left behind by a router that ended. */
const AGE_MS_MAX = 7 * 3_600_000;

export interface BlockedKeysOptions {
  readonly log: SharedLog;
  readonly nowMs: () => number;
  /** Whether a function keeps an order now. What blocked a key of one that keeps none any more is not listed. */
  readonly keepsOrder: (functionName: string) => boolean;
  /** Called by the router whose event blocks a key. */
  readonly onBlocked: (blocked: BlockedKey) => void;
  /** Called by the router that has dealt with it. */
  readonly onGoesOn: (blocked: BlockedKey) => void;
}

interface Known {
  readonly blocked: BlockedKey;
  readonly endBytes: number;
  /** Who has it skipped; undefined where nobody has. */
  readonly skip: { readonly by?: string } | undefined;
}

/**
 * The blocked keys of all routers, by the control log. The router that has the event says that it blocks its key, and that
 * the key goes on; any router says that it is to be skipped. So a skip reaches whoever has the event by then.
 */
export class BlockedKeys implements LogUser, BlockedKeyControl {
  readonly kind = "blocked-key";
  readonly #options: BlockedKeysOptions;
  readonly #known = new Map<string, Known>();
  readonly #listeners: ((functionName: string, deliveryId: string) => void)[] = [];

  constructor(options: BlockedKeysOptions) {
    this.#options = options;
    options.log.add(this);
  }

  /** Calls the listener with each event that is to be skipped. */
  onSkip(listener: (functionName: string, deliveryId: string) => void): void {
    this.#listeners.push(listener);
  }

  list(): readonly BlockedKey[] {
    const { nowMs, keepsOrder } = this.#options;
    const sinceMs = nowMs() - AGE_MS_MAX;
    const all = [...this.#known.values()].map(({ blocked }) => blocked);
    const listed = all.filter((each) => each.sinceMs >= sinceMs && keepsOrder(each.function));
    return listed.sort((a, b) => a.sinceMs - b.sinceMs);
  }

  /** How an event is skipped; undefined where it is not. */
  skipOf(functionName: string, deliveryId: string): { readonly by?: string } | undefined {
    return this.#known.get(idOf(functionName, deliveryId))?.skip;
  }

  /** Never rejects: what is not stored is only not seen. */
  async block(blocked: BlockedKey): Promise<void> {
    if (this.#known.has(idOf(blocked.function, blocked.deliveryId))) return;
    const shown = { ...blocked, message: cutText(blocked.message, MESSAGE_BYTES_MAX) };
    this.#options.onBlocked(shown);
    await this.#append({ state: "blocked", ...shown }).catch(() => undefined);
  }

  /** To be called when an event has been dealt with. Never rejects. */
  async goesOn(functionName: string, deliveryId: string): Promise<void> {
    const known = this.#known.get(idOf(functionName, deliveryId));
    if (known === undefined) return;
    this.#options.onGoesOn(known.blocked);
    await this.#append({ state: "open", function: functionName, deliveryId }).catch(() => undefined);
  }

  async skip(functionName: string, deliveryId: string, by: string | undefined): Promise<boolean> {
    if (!this.#known.has(idOf(functionName, deliveryId))) return false;
    await this.#append({ state: "skipped", function: functionName, deliveryId, by });
    return true;
  }

  caughtUp(): void {
    // A skip of the past is met when the event comes to be called for.
  }

  renewals(beforeBytes: number): readonly Buffer[] {
    const sinceMs = this.#options.nowMs() - AGE_MS_MAX;
    const old = [...this.#known.values()].filter(({ blocked, endBytes }) => {
      return endBytes < beforeBytes && blocked.sinceMs >= sinceMs;
    });
    return old.map(({ blocked, skip }) => this.#record({ state: "blocked", ...blocked, skip }));
  }

  read(record: JsonObject, endBytes: number): boolean {
    const { state, function: functionName, deliveryId } = record;
    if (!isText(functionName) || !isText(deliveryId)) return false;
    const id = idOf(functionName, deliveryId);
    const known = this.#known.get(id);
    if (state === "open") {
      this.#known.delete(id);
      return true;
    }
    if (state === "skipped") {
      const { by } = record;
      if (known !== undefined) this.#known.set(id, { ...known, skip: isText(by) ? { by } : {} });
      for (const listener of this.#listeners) listener(functionName, deliveryId);
      return true;
    }
    const blocked = state === "blocked" ? readBlocked(record, functionName, deliveryId) : undefined;
    if (blocked === undefined) return false;
    const { skip } = record;
    this.#known.set(id, { blocked, endBytes, skip: known?.skip ?? (skip === undefined ? undefined : {}) });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEYS_MAX && oldest !== undefined) this.#known.delete(oldest);
    return true;
  }

  #append(record: object): Promise<void> {
    return this.#options.log.append(this.#record(record));
  }

  #record(record: object): Buffer {
    return Buffer.from(JSON.stringify({ kind: this.kind, ...record }));
  }
}

function readBlocked(record: JsonObject, functionName: string, deliveryId: string): BlockedKey | undefined {
  const { key, eventId, sinceMs, attempts, reason, message } = record;
  if (typeof sinceMs !== "number" || Number.isNaN(new Date(sinceMs).getTime())) return undefined;
  if (typeof attempts !== "number" || !isText(reason) || typeof message !== "string") return undefined;
  if (key !== undefined && !isText(key)) return undefined;
  return {
    function: functionName,
    ...(key === undefined ? {} : { key }),
    deliveryId,
    ...(isText(eventId) ? { eventId } : {}),
    sinceMs,
    attempts,
    reason,
    message,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= TEXT_CHARACTERS_MAX;
}

function idOf(functionName: string, deliveryId: string): string {
  return `${functionName} ${deliveryId}`;
}
