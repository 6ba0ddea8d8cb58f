import type { Slots } from "../../async/slots.ts";
import type { Message, Received } from "../../domain/queue/message.ts";
import { alone, membersOf } from "../../domain/queue/pack.ts";
import type { MessageHandler } from "../../ports/broker/consumer.ts";
import type { InFlightBytes } from "../budget/in-flight.ts";
import type { KnownPacks } from "./known-packs.ts";

/**
 * What gets a slot later than this is stored alone. What begins before has at most the wait for a call (10 min) and the
 * longest call (15 min) before it, and a slot comes free as soon: so a message is acked before RabbitMQ takes it back
 * (30 min).
 */
const WAIT_MS_MAX = 120_000;

/** What all consumers of packs work with. */
export interface PackMeans {
  readonly packs: KnownPacks;
  readonly inFlight: InFlightBytes;
  /** Resolves when the message is stored. */
  readonly store: (message: Message) => Promise<void>;
  /** A clock that nobody sets, in milliseconds from any moment. */
  readonly steadyMs: () => number;
}

export interface UnpackingOptions extends PackMeans {
  readonly handle: MessageHandler;
  readonly slots: Slots;
  /** Whether no more members are to begin. When it comes to be so, the slots are to be dismissed. */
  readonly isStopping: () => boolean;
}

/**
 * A handler that gives each member of a pack to `handle` as a message of its own, in order, as slots are free. It
 * resolves when every member is settled, so that the pack is acked then. A member that fails, waits for too long, or has
 * not begun when the consumer stops, is stored alone: its neighbours must not be handled again for it. A message that is
 * no pack waits for a slot in the same way.
 */
export function unpacking(options: UnpackingOptions): MessageHandler {
  const { slots, isStopping, packs, inFlight, steadyMs } = options;
  return async (message, lost) => {
    const members = membersOf(message);
    if (members === undefined) return await handleSingle(message, lost, options);
    const { crashes, handlings: known } = packs.of(message);
    const handlings: Promise<void>[] = [];
    const receivedAtMs = steadyMs();
    const mayBegin = (): boolean => !lost.aborted && !isStopping() && steadyMs() - receivedAtMs < WAIT_MS_MAX;
    const waiting = new WaitingBytes(members, inFlight);
    for (const [place, member] of members.entries()) {
      let handling = known.get(place);
      if (handling === undefined) {
        const begins = mayBegin() && (slots.tryTake() || (await slotInTime(slots, lost, mayBegin)));
        if (!begins && lost.aborted) break;
        handling = begins ? begin({ ...member, crashes }, lost, options) : storeAlone(member, options);
        known.set(place, handling);
        handling.catch(() => known.delete(place));
      }
      waiting.began(member);
      handlings.push(handling);
    }
    waiting.end();
    await allOf(handlings);
    if (handlings.length < members.length) throw lost.reason;
  };
}

/** Handles a message that is no pack. Given back unhandled, it would count as crashed: so it is stored instead. */
async function handleSingle(message: Received, lost: AbortSignal, options: UnpackingOptions): Promise<void> {
  const { handle, slots, steadyMs } = options;
  const receivedAtMs = steadyMs();
  const mayBegin = (): boolean => !lost.aborted && steadyMs() - receivedAtMs < WAIT_MS_MAX;
  const begins = mayBegin() && (slots.tryTake() || (await slotInTime(slots, lost, mayBegin)));
  if (!begins && lost.aborted) throw lost.reason;
  if (!begins) return await storeAlone(message, options);
  try {
    await handle(message, lost);
  } finally {
    slots.release();
  }
}

/** Waits for a slot. Resolves with whether there is one, which is to be released, while handling may still begin. */
async function slotInTime(slots: Slots, lost: AbortSignal, mayBegin: () => boolean): Promise<boolean> {
  if (!(await slots.take(lost))) return false;
  if (mayBegin()) return true;
  slots.release();
  return false;
}

async function begin(member: Received, lost: AbortSignal, options: UnpackingOptions): Promise<void> {
  const { handle, slots } = options;
  try {
    await handle(member, lost);
  } catch (error) {
    if (error === lost.reason) throw error;
    await storeAlone(member, options);
  } finally {
    slots.release();
  }
}

/** Its bytes count meanwhile: a broker that does not store for long must not bring more and more. */
async function storeAlone(message: Received, { store, inFlight }: UnpackingOptions): Promise<void> {
  inFlight.take(message.body.length);
  try {
    await store(alone(message));
  } finally {
    inFlight.release(message.body.length);
  }
}

/** Resolves when all have; rejects as one of them does, and then only when all have ended. */
async function allOf(handlings: Iterable<Promise<void>>): Promise<void> {
  const failed = (await Promise.allSettled(handlings)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** The bytes of members that have not begun. A handling counts those of its own. */
class WaitingBytes {
  readonly #inFlight: InFlightBytes;
  #bytes: number;

  constructor(members: readonly Received[], inFlight: InFlightBytes) {
    this.#inFlight = inFlight;
    this.#bytes = members.reduce((sum, { body }) => sum + body.length, 0);
    inFlight.take(this.#bytes);
  }

  began({ body }: Received): void {
    this.#bytes -= body.length;
    this.#inFlight.release(body.length);
  }

  end(): void {
    this.#inFlight.release(this.#bytes);
    this.#bytes = 0;
  }
}
