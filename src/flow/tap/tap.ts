import type { RoutedFact } from "../../domain/facts.ts";
import type { BusEvent } from "../../domain/event/event.ts";
import { ruleKey } from "../../domain/rule/rule.ts";
import type { TapLoss, TapPattern, TapRequest } from "../../domain/tap/tap.ts";
import type { RuleIndex } from "../../pattern/rule-index.ts";
import { indexRules } from "../../pattern/rule-index.ts";
import type { TailedEvent, TailFrame } from "../../ports/admin/tail.ts";
import { cutText } from "../../text/cut-text.ts";

/** An event as several taps look at it. */
export interface TappedEvent {
  readonly event: BusEvent;
  readonly matched: RoutedFact["matched"];
  /** Its JSON without secrets, made when it is first asked for; undefined for an event that must not be shown. */
  readonly redacted: () => Buffer | undefined;
}

/** Steps of matching one event: some tenths of a millisecond. An ordinary event takes some dozens. */
const STEPS_MAX = 20_000;
const WINDOW_MS = 1_000;
const BODY_BYTES_MAX = 16 * 1024;
/** What waits for the next batch at most, with room for the fields of each event beside its body. */
const BATCH_BYTES_MAX = 1024 * 1024;
const FIELDS_BYTES = 1_024;
const TEXT_BYTES_MAX = 256;
const RULES_MAX = 20;

/** One tap on this router: what it has seen since its last frame. */
export class Tap {
  readonly request: TapRequest;
  readonly #readsPayload: boolean;
  readonly #index: RuleIndex<object> | undefined;
  readonly #onLost: (reason: TapLoss) => void;
  #events: TailedEvent[] = [];
  #bytes = 0;
  #seen = 0;
  #matching = 0;
  #passedOver = 0;
  #windowEndsMs = -Infinity;
  #shownInWindow = 0;

  constructor(request: TapRequest, { pattern, readsPayload }: TapPattern, onLost: (reason: TapLoss) => void) {
    this.request = request;
    this.#readsPayload = readsPayload;
    this.#index = pattern === undefined ? undefined : indexRules([{ pattern }], STEPS_MAX);
    this.#onLost = onLost;
  }

  /** Takes an event of its bus. @param nowMs of a clock that nobody sets. */
  see(tapped: TappedEvent, nowMs: number): void {
    this.#seen += 1;
    // A pattern must not find out what redaction hides.
    const visible = this.#readsPayload ? tapped.redacted() : tapped.event.body;
    if (visible === undefined) return;
    const fitting = this.#index?.match(visible);
    if (fitting === "too costly") return this.#passOver("costly");
    if (fitting === "unreadable" || fitting?.length === 0) return;
    this.#matching += 1;
    if (!this.#hasTurn(nowMs)) return this.#onLost("rate");
    const body = this.request.isWhole ? shownBody(tapped) : undefined;
    const bytes = FIELDS_BYTES + (body?.length ?? 0);
    if (this.#bytes + bytes > BATCH_BYTES_MAX) return this.#onLost("bytes");
    this.#bytes += bytes;
    this.#events.push(shownAs(tapped, body));
  }

  /** Counts an event of its bus that there is no time to look at. */
  passOver(): void {
    this.#seen += 1;
    this.#passOver("busy");
  }

  #passOver(reason: TapLoss): void {
    this.#passedOver += 1;
    this.#onLost(reason);
  }

  /** What it has seen, which is then forgotten; undefined for nothing. Without events, a frame has counts only. */
  takeFrame(): TailFrame | undefined {
    if (this.#seen === 0) return undefined;
    const [events, seen, matching, passedOver] = [this.#events, this.#seen, this.#matching, this.#passedOver];
    this.#events = [];
    this.#bytes = this.#seen = this.#matching = this.#passedOver = 0;
    return { events, seen, matching, passedOver, shown: events.length };
  }

  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  #hasTurn(nowMs: number): boolean {
    if (nowMs >= this.#windowEndsMs) {
      this.#windowEndsMs = nowMs + WINDOW_MS;
      this.#shownInWindow = 0;
    }
    this.#shownInWindow += 1;
    return this.#shownInWindow <= this.request.eventsPerSecondMax;
  }
}

function shownBody({ event, redacted }: TappedEvent): Buffer | undefined {
  if (event.body.length > BODY_BYTES_MAX) return undefined;
  const shown = redacted();
  return shown === undefined || shown.length > BODY_BYTES_MAX ? undefined : shown;
}

function shownAs({ event, matched }: TappedEvent, body: Buffer | undefined): TailedEvent {
  const { id, bus, source, detailType, acceptedAtMs } = event;
  return {
    id: cutText(id, TEXT_BYTES_MAX),
    atMs: acceptedAtMs,
    bus,
    source: cutText(source, TEXT_BYTES_MAX),
    type: cutText(detailType, TEXT_BYTES_MAX),
    bytes: event.body.length,
    rules: matched.slice(0, RULES_MAX).map((one) => ruleKey(one.bus, one.rule)),
    ...(body === undefined ? {} : { body: body.toString() }),
  };
}
