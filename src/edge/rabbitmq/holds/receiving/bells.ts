import type { Arrived, HoldChannels } from "./hold-channels.ts";

/** How long a message that rang a bell is kept for the poll that it woke. */
const IN_HAND_MS = 1_000;

/** A subscription, from the request on. */
interface Listening {
  /** Undefined while RabbitMQ has not confirmed it. */
  end: (() => Promise<void>) | undefined;
}

interface Bell {
  /** Those who wait, the one that waits longest first. */
  readonly waiting: Set<(hasRung: boolean) => void>;
  /** What rang, until somebody asks for it. */
  readonly inHand: Set<Arrived>;
  listening: Listening | undefined;
}

/**
 * Waits for messages, with one subscription for each queue however many polls wait. Its first message ends it, wakes the
 * poll that waits longest, and is kept for that poll's receive: given back, it would count as received.
 */
export class Bells {
  readonly #channels: HoldChannels;
  readonly #putBack: (queue: string, arrived: Arrived) => void;
  readonly #bells = new Map<string, Bell>();

  /** @param putBack is given what nobody has asked for. */
  constructor(channels: HoldChannels, putBack: (queue: string, arrived: Arrived) => void) {
    this.#channels = channels;
    this.#putBack = putBack;
  }

  /** Resolves with whether it rang: false when the signal fires, or the subscription is lost. */
  wait(queue: string, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const bell = this.#bell(queue);
      const settle = (hasRung: boolean): void => {
        bell.waiting.delete(settle);
        signal.removeEventListener("abort", leave);
        resolve(hasRung);
      };
      const leave = (): void => {
        settle(false);
        this.#rest(queue, bell);
      };
      if (signal.aborted) return resolve(false);
      signal.addEventListener("abort", leave, { once: true });
      bell.waiting.add(settle);
      void this.#listen(queue, bell);
    });
  }

  /** What rang and was not asked for yet, up to `limit`. The caller has to settle it. */
  take(queue: string, limit: number): readonly Arrived[] {
    const bell = this.#bells.get(queue);
    if (bell === undefined) return [];
    const taken = [...bell.inHand].slice(0, limit);
    for (const arrived of taken) bell.inHand.delete(arrived);
    this.#rest(queue, bell);
    return taken.filter(({ channel }) => channel.isOpen);
  }

  async #listen(queue: string, bell: Bell): Promise<void> {
    if (bell.listening !== undefined) return;
    const listening: Listening = { end: undefined };
    bell.listening = listening;
    try {
      listening.end = await this.#channels.subscribe(queue, (arrived) => this.#arrived(queue, listening, arrived));
      this.#rest(queue, bell);
    } catch {
      this.#arrived(queue, listening, undefined);
    }
  }

  /** A message, or nothing when the subscription is lost. It may come when nobody waits any more. */
  #arrived(queue: string, listening: Listening, arrived: Arrived | undefined): void {
    const bell = this.#bell(queue);
    if (bell.listening === listening) bell.listening = undefined;
    if (arrived === undefined) {
      for (const settle of bell.waiting) settle(false);
      return this.#rest(queue, bell);
    }
    bell.inHand.add(arrived);
    setTimeout(() => {
      if (!bell.inHand.delete(arrived)) return;
      this.#putBack(queue, arrived);
      this.#rest(queue, bell);
    }, IN_HAND_MS).unref();
    const [longest] = bell.waiting;
    longest?.(true);
    if (bell.waiting.size > 0) void this.#listen(queue, bell);
  }

  /** Ends the subscription when nobody waits any more. */
  #rest(queue: string, bell: Bell): void {
    if (bell.waiting.size > 0) return;
    if (bell.listening?.end !== undefined) {
      void bell.listening.end();
      bell.listening = undefined;
    }
    if (bell.listening === undefined && bell.inHand.size === 0) this.#bells.delete(queue);
  }

  #bell(queue: string): Bell {
    const bell = this.#bells.get(queue) ?? { waiting: new Set(), inHand: new Set(), listening: undefined };
    this.#bells.set(queue, bell);
    return bell;
  }
}
