import type { Message } from "../../../src/domain/queue/message.ts";
import type { Redriven } from "../../../src/ports/admin/dead-letters.ts";
import type { Life } from "../life.ts";
import type { HandOut, Stored } from "../rabbitmq/queue.ts";
import type { Variant } from "../scenario.ts";
import type { Sign } from "./ledger.ts";
import { eventIdOf, originOf, redrivenOf, storyKey } from "./ledger.ts";
import { PARKED } from "./promises.ts";

/** What somebody asks for. */
export interface RedriveOrder {
  readonly queue: string;
  readonly to: "target" | "bus";
  readonly filter: { readonly rule?: string; readonly errorCode?: string };
  readonly limit?: number;
  readonly ratePerSecond?: number;
}

/** Who runs a redrive, and where. */
export interface RedriveRun {
  readonly order: RedriveOrder;
  readonly life: Life;
  /** The configurations that its router has had so far. */
  readonly variants: () => readonly Variant[];
  /** What is ready in its queue when it begins. */
  readonly waiting: readonly Stored[];
  /** Whether a message is ready there now. */
  readonly isReady: (stored: Stored) => boolean;
}

/** The books of one redrive. */
export interface Redrive extends RedriveRun {
  readonly startedAtMs: number;
  /** The same by its router's clock, and how far that was ahead then. */
  readonly startedByClockMs: number;
  readonly clockAheadMs: number;
  /** What it was handed out, with the messages that each of these holds. */
  readonly met: Map<HandOut, readonly Message[]>;
  /** What of these it has taken out of the queue. */
  readonly removed: Set<Message>;
  /** What it has published to the queue that it reads, by `storyKey`: members that stay when their pack is removed. */
  readonly staying: Set<string>;
  /** How often each of these was stored. */
  readonly stayed: Map<string, number>;
  /** What it has sent, by `storyKey`. */
  readonly sent: Map<string, Message>;
  /** When it sent what, with a rate. */
  readonly sentAtMs: number[];
  /** How many it gave back after it had sent what they become. */
  givenBackSent: number;
  /** Whether another one was at its queue meanwhile. */
  isShared: boolean;
  /** When its caller went away, or its router began to stop. */
  leftAtMs: number | undefined;
  result: Redriven | undefined;
}

/** The messages that a redrive has met: of a pack its members. */
export function lettersOf({ met }: Redrive): readonly Message[] {
  return [...met.values()].flat();
}

/** docs/delivery.md, "Dead letters" and docs/dead-letters.md, "Commands": whether a message is a dead letter. */
export function isDeadLetter(queue: string, { headers }: Sign): boolean {
  if (queue === PARKED || typeof headers["ERROR_CODE"] === "string") return true;
  return typeof headers["RequestID"] === "string" && typeof headers["ErrorCode"] === "number";
}

/** docs/dead-letters.md, "Commands": whether an order is about this message. */
export function isSelected({ queue, filter }: RedriveOrder, message: Sign): boolean {
  if (!isDeadLetter(queue, message)) return false;
  const { headers } = message;
  const origin = originOf(message);
  const { rule = `${origin?.bus}/${origin?.rule}`, errorCode } = filter;
  const code =
    queue === PARKED ? headers["busbar-parked-reason"] : (headers["ERROR_CODE"] ?? headers["busbar-error-code"]);
  return rule === `${origin?.bus}/${origin?.rule}` && (errorCode === undefined || errorCode === code);
}

/** Whether this is what a redrive makes of that dead letter. On a bus a delivery has an id of its own. */
export function comesOf(message: Sign, letter: Sign, to: RedriveOrder["to"]): boolean {
  if (redrivenOf(message) !== redrivenOf(letter) + 1) return false;
  return to === "target" ? message.id === letter.id : eventIdOf(message) === eventIdOf(letter);
}

/** The key of what a redrive to its target makes of a dead letter. */
export function nextKey(letter: Sign): string {
  return storyKey({ id: letter.id, headers: { "busbar-redriven": redrivenOf(letter) + 1 } });
}

/** Names a target of an event after so many redrives. */
export function reachedKey(eventId: string | undefined, redriven: number, origin: object): string {
  const { bus, rule, target } = origin as Record<"bus" | "rule" | "target", string>;
  return `${eventId} ${redriven} ${bus}/${rule}/${target}`;
}
