/** Replays that are `STARTING` or `RUNNING`, over all routers. As many as AWS has. */
export const RUNNING_REPLAYS_MAX = 10;

/** Rules that a replay may be limited to: with names of 64 characters its record fits the control log. */
export const REPLAY_RULES_MAX = 100;

/** Which archived events are put on their bus again, and for which rules. */
export interface ReplayOrder {
  readonly kind: "replay";
  readonly name: string;
  readonly archive: string;
  /** The bus of the archive. */
  readonly bus: string;
  /** Events of these times, both included, in epoch milliseconds of whole seconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The names of the only rules of the bus that get the events. Undefined for all of them. */
  readonly rules?: readonly string[] | undefined;
  /** Of the one rule in `rules`, the id of the only target that gets them. */
  readonly target?: string | undefined;
  readonly description?: string | undefined;
  /**
   * Sends an event again to those targets alone at which the journal has no success of it. Where the journal cannot say,
   * it goes there with `unknownToo` only.
   */
  readonly undelivered?: { readonly unknownToo: boolean } | undefined;
  /**
   * Gives the one rule in `rules` its past, from `fromMs` of the time of acceptance on, in the order of storing. It ends once the
   * rule gets new events directly, whatever `toMs` says.
   */
  readonly catchesUp?: true | undefined;
}

/** Up to where a replay has sent its events: whoever carries it on begins there. */
export interface ReplayPlace {
  /** What the archive has from this place on was stored after the replay began, and is not replayed. */
  readonly end: number;
  /** All events of earlier minutes are sent. A minute is epoch milliseconds divided by 60,000. */
  readonly minute: number;
  /** Of that minute, all before this place are sent. */
  readonly position: number;
  /** The event time of the last one that was sent, in epoch milliseconds. */
  readonly lastTimeMs?: number | undefined;
  /** Of a catch-up, when the last event that was read was accepted, in epoch milliseconds. */
  readonly readMs?: number | undefined;
}

/** Why a replay does not send an event, or not to all of its targets. */
export const LEFT_OUT_WHY = [
  /** It was delivered wherever it would go. */
  "delivered",
  /** The journal cannot say of some target whether it came there. */
  "unknown",
] as const;

/** How many events a replay does not send, or not to all of their targets. */
export type LeftOut = Readonly<Record<(typeof LEFT_OUT_WHY)[number], number>>;
