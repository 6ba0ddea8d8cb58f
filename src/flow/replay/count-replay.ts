import { replayedEvent } from "../../domain/event/archived-event.ts";
import type { ReplayOrder } from "../../domain/replay/replay.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import type { ReplayCount, ReplayCounts } from "../../ports/admin/replays.ts";
import { COUNTED_RULES_MAX, CountRefused } from "../../ports/admin/replays.ts";
import type { ArchiveReader } from "../../ports/broker/archive.ts";
import type { Matched } from "../route/match.ts";
import { match } from "../route/match.ts";
import type { DatedEvent } from "./dated-events.ts";
import { datedEvents } from "./dated-events.ts";
import { fittingRules } from "./put-again.ts";
import type { KnownSuccesses } from "./undelivered/known-successes.ts";
import { bothLeftOut, NONE_LEFT_OUT, TargetChoice } from "./undelivered/left-out.ts";
import type { ReadSuccessesOptions } from "./undelivered/read-successes.ts";
import { JournalUnfit, readSuccesses } from "./undelivered/read-successes.ts";

/** The caller waits for the answer. */
const COUNT_MS_MAX = 20_000;
/** Of three: the archive is read, then the journal, then the archive once more. */
const PART_MS_MAX = 8_000;

export interface CountReplayOptions extends ReadSuccessesOptions {
  readonly archives: Pick<ArchiveReader, "extent" | "read">;
  /** Resolves when other work has had its turn. */
  readonly pause: () => Promise<void>;
}

/** Says what replays would do. One at a time: each reads an archive. */
export function createReplayCounts(options: CountReplayOptions): ReplayCounts {
  let last: Promise<unknown> = Promise.resolve();
  return {
    count: (order) => {
      const count = last.then(() => new Counting(order, options).run());
      last = count.catch(() => undefined);
      return count;
    },
  };
}

/** Places of an archive: the last one is left out. */
interface Range {
  readonly from: number;
  readonly to: number;
}

class Counting {
  readonly #order: ReplayOrder;
  readonly #options: CountReplayOptions;
  readonly #rules = new Map<string, { readonly bus: string; readonly rule: string; events: number }>();
  readonly #unroutable: Record<string, number> = {};
  #events = 0;
  #looked = 0;
  #unmatched = 0;
  #leftOut = NONE_LEFT_OUT;
  #successes: KnownSuccesses | undefined;

  constructor(order: ReplayOrder, options: CountReplayOptions) {
    this.#order = order;
    this.#options = options;
  }

  async run(): Promise<ReplayCount | undefined> {
    const extent = await this.#options.archives.extent(this.#order.archive);
    if (extent === undefined) return undefined;
    const range = { from: extent.first, to: extent.end };
    const isOfUndelivered = this.#order.undelivered !== undefined;
    if (isOfUndelivered) this.#successes = await this.#readSuccesses(range);
    const isWhole = await this.#read(range, (event) => this.#count(event));
    const rules = [...this.#rules.values()].sort((a, b) => b.events - a.events).slice(0, COUNTED_RULES_MAX);
    const [events, looked, unmatched, unroutable] = [this.#events, this.#looked, this.#unmatched, this.#unroutable];
    const leftOut = isOfUndelivered ? { leftOut: this.#leftOut } : {};
    return { events, looked, end: isWhole ? "finished" : "time", rules, unmatched, unroutable, ...leftOut };
  }

  /** Hands over the events of the window, and resolves with whether these were all of the archive. */
  async #read(range: Range, listener: (event: DatedEvent) => Promise<void> | void): Promise<boolean> {
    const { archives, steadyMs, pause } = this.#options;
    const { archive, fromMs, toMs } = this.#order;
    const deadlineMs = steadyMs() + (this.#order.undelivered === undefined ? COUNT_MS_MAX : PART_MS_MAX);
    const enough = new AbortController();
    this.#looked = 0;
    await archives.read(
      archive,
      range,
      async (events) => {
        if (enough.signal.aborted) return;
        this.#looked += events.length;
        for (const event of datedEvents(events)) {
          if (event.timeMs >= fromMs && event.timeMs <= toMs) await listener(event);
        }
        await pause();
        if (steadyMs() > deadlineMs) enough.abort();
      },
      enough.signal,
    );
    return !enough.signal.aborted;
  }

  /** What was delivered of the events in the window, as far as they are read in time. */
  async #readSuccesses(range: Range): Promise<KnownSuccesses | undefined> {
    let [first, last] = [Infinity, -Infinity];
    await this.#read(range, ({ atMs }) => void ([first, last] = [Math.min(first, atMs), Math.max(last, atMs)]));
    if (first > last) return undefined;
    const asked = { bus: this.#order.bus, acceptedMs: { first, last } };
    const tooLate = AbortSignal.timeout(PART_MS_MAX);
    try {
      return await readSuccesses(asked, this.#options, tooLate);
    } catch (cause) {
      if (cause instanceof JournalUnfit) throw new CountRefused(cause.message, { cause });
      if (!tooLate.aborted) throw cause;
      const seconds = PART_MS_MAX / 1_000;
      throw new CountRefused(`the journal of that time takes more than ${seconds} s to read: count a part of it`, {
        cause,
      });
    }
  }

  async #count({ body, atMs }: DatedEvent): Promise<void> {
    const { config: configOf, nowMs, pause } = this.#options;
    const { name, bus } = this.#order;
    const config = configOf();
    const event = replayedEvent(body, { name, bus, nowMs: nowMs() });
    if (event === undefined) return this.#leave("unreadable");
    const choice = this.#successes && new TargetChoice({ id: event.id, atMs }, this.#order, this.#successes);
    const context = { config, pause, isSkipped: choice?.isSkipped };
    const matched = await match(event, context, fittingRules(event, this.#order, config));
    if ("reason" in matched) return this.#leave(matched.reason);
    if (choice !== undefined) {
      this.#leftOut = bothLeftOut(this.#leftOut, choice.leftOut(matched.hits.length));
      if (matched.hits.length === 0) return;
    }
    this.#events += 1;
    if (matched.rules.length === 0) this.#unmatched += 1;
    this.#countRules(choice === undefined ? matched.rules : rulesOf(matched.hits));
  }

  #countRules(rules: Matched["rules"]): void {
    for (const { bus: ofBus, rule } of rules) {
      const counted = this.#rules.get(ruleKey(ofBus, rule));
      if (counted === undefined) this.#rules.set(ruleKey(ofBus, rule), { bus: ofBus, rule, events: 1 });
      else counted.events += 1;
    }
  }

  #leave(reason: string): void {
    this.#events += 1;
    this.#unroutable[reason] = (this.#unroutable[reason] ?? 0) + 1;
  }
}

/** The rules that reach these targets, each once. */
function rulesOf(hits: Matched["hits"]): Matched["rules"] {
  const byKey = new Map(hits.map(({ origin: { bus, rule } }) => [ruleKey(bus, rule), { bus, rule }]));
  return [...byKey.values()];
}
