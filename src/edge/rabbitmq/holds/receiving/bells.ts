import type { Arrived, HoldChannels } from "./hold-channels.ts";

/** How long a message that rang a bell is kept for the poll that it woke. */
const IN_HAND_MS = 1_000;
/**
 * How long a subscription goes on that no poll waits for: most clients poll again at once. RabbitMQ gives back a message that
 * crosses the end of a subscription, and counts that as a receive.
 */
const LINGER_MS = 500;

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
  /** Ends the subscription, once nobody has waited for a while. */
  lingering: NodeJS.Timeout | undefined;
}

/**
 * Waits for messages, with one subscription for each queue however many polls wait. Its first message ends it, wakes the
 * poll that waits longest, and is kept for that poll's receive: given back, it would count as received.
 */
export class Bells {
  readonly #channels: Pick<HoldChannels, "subscribe">;
  readonly #putBack: (queue: string, arrived: Arrived) => void;
  readonly #bells = new Map<string, Bell>();

  /** @param putBack is given what nobody has asked for. */
  constructor(channels: Pick<HoldChannels, "subscribe">, putBack: (queue: string, arrived: Arrived) => void) {
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
    if (bell.waiting.size === 0) {
      this.#putBack(queue, arrived);
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

  /** To be called when nobody may wait any more. The subscription ends a little later, if nobody waits then. */
  #rest(queue: string, bell: Bell): void {
    clearTimeout(bell.lingering);
    if (bell.waiting.size > 0) return;
    if (bell.listening !== undefined) bell.lingering = setTimeout(() => this.#leave(queue, bell), LINGER_MS).unref();
    else if (bell.inHand.size === 0) this.#bells.delete(queue);
  }

  /** Ends the subscription, unless somebody waits again. One that RabbitMQ has not confirmed ends later. */
  #leave(queue: string, bell: Bell): void {
    if (bell.waiting.size > 0 || bell.listening?.end === undefined) return;
    void bell.listening.end();
    bell.listening = undefined;
    this.#rest(queue, bell);
  }

  #bell(queue: string): Bell {
    const bell = this.#bells.get(queue) ?? {
      waiting: new Set(),
      inHand: new Set(),
      listening: undefined,
      lingering: undefined,
    };
    this.#bells.set(queue, bell);
    return bell;
  }
}
