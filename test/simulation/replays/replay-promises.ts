import type { StoredMessage } from "../schedules/simulated-queue.ts";
import type { KnownEvent } from "./simulated-archive.ts";

/** A replay that somebody asked for. Times are epoch milliseconds. */
export interface AskedReplay {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly askedMs: number;
  isCancelled: boolean;
}

const MINUTE_MS = 60_000;

/** What routers promise of replays: each event of the window, none outside, minute by minute, and the same ids for a repetition. */
export class ReplayPromises {
  readonly #violate: (what: string) => void;

  constructor(violate: (what: string) => void) {
    this.#violate = violate;
  }

  /**
   * Goes through all that was stored, once everything is at rest.
   *
   * @param stateOf what routers say of a replay in the end; undefined for one that none has begun.
   */
  check(
    replays: readonly AskedReplay[],
    events: readonly KnownEvent[],
    stored: readonly StoredMessage[],
    stateOf: (replay: string) => string | undefined,
  ): void {
    const byReplay = new Map<string, StoredMessage[]>(replays.map(({ name }) => [name, []]));
    const known = new Map(events.map((event) => [event.id, event]));
    const originals = new Map<string, string>();
    for (const one of stored) {
      const { id, "replay-name": name = "" } = JSON.parse(one.message.body.toString()) as Record<string, string>;
      const list = byReplay.get(name);
      if (list === undefined) this.#violate(`${id} was sent by nobody's replay "${name}"`);
      else list.push(one);
      const key = `${name} ${id}`;
      if ((originals.get(key) ?? one.message.id) !== one.message.id) this.#violate(`${key} has two delivery ids`);
      originals.set(key, one.message.id);
    }
    if (new Set(originals.values()).size !== originals.size) this.#violate("two deliveries have one id");
    for (const replay of replays) {
      const ids = (byReplay.get(replay.name) ?? []).map(
        ({ message }) => (JSON.parse(message.body.toString()) as { id: string }).id,
      );
      this.#checkOne(replay, known, ids, stateOf(replay.name));
    }
  }

  #checkOne(
    { name, fromMs, toMs, askedMs, isCancelled }: AskedReplay,
    known: ReadonlyMap<string, KnownEvent>,
    sent: readonly string[],
    state: string | undefined,
  ): void {
    const due = [...known.values()].filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs);
    const dueIds = new Set(due.map(({ id }) => id));
    const outside = sent.filter((id) => !dueIds.has(id));
    if (outside.length > 0) this.#violate(`${name} sent ${outside.join(", ")}, which its window does not have`);
    if (state === undefined && sent.length > 0) this.#violate(`${name} sent something, and no router knows it`);
    const ends = isCancelled ? ["done", "stopped"] : ["done"];
    if (state !== undefined && !ends.includes(state)) this.#violate(`${name} is ${state} in the end`);
    if (state === "done") {
      const missing = due.filter(({ id, archivedMs }) => archivedMs < askedMs && !sent.includes(id));
      if (missing.length > 0) this.#violate(`${name} never sent ${missing.map(({ id }) => id).join(", ")}`);
    }
    // A router that begins anew, since nobody has heard from the first one, reads what was archived meanwhile too.
    const ordered = sent.map((id) => known.get(id)).filter((event) => (event?.archivedMs ?? Infinity) < askedMs);
    this.#checkOrder(name, ordered as readonly KnownEvent[]);
  }

  /** No event of a minute is sent for the first time when one of a later minute was. */
  #checkOrder(name: string, sent: readonly KnownEvent[]): void {
    const seen = new Set<string>();
    let latest = -Infinity;
    for (const { id, timeMs } of sent) {
      const minute = Math.floor(timeMs / MINUTE_MS);
      if (!seen.has(id) && minute < latest) this.#violate(`${name} sent ${id} behind events of a later minute`);
      seen.add(id);
      latest = Math.max(latest, minute);
    }
  }
}
