import { Ongoing } from "../../async/ongoing.ts";
import { WhileAsked } from "../../async/while-asked.ts";
import { attemptKey } from "../../domain/delivery/delivery-message.ts";
import type { KeysWaiting } from "../../domain/order/keys-waiting.ts";
import type { MessageHandler } from "../../ports/broker/consumer.ts";
import { ReleaseError } from "../../ports/broker/consumer.ts";
import type { Callee } from "../functions/callee.ts";
import type { HeldRetry } from "./in-hand.ts";
import type { Head } from "./lanes.ts";
import type { OrderedMessage } from "./messages-in-hand.ts";
import { MessagesInHand } from "./messages-in-hand.ts";
import { laneOf } from "./order-key.ts";
import type { OrderedAttemptsDeps } from "./ordered-attempts.ts";
import { OrderedAttempts } from "./ordered-attempts.ts";
import type { OwnershipDeps } from "./ownership.ts";
import { Ownership } from "./ownership.ts";
import { firstWindow, nextWindow } from "./window.ts";

/** How long to wait for a slot before the callee is asked for anew. */
const SLOT_MS_MAX = 600_000;

export interface OrderedCallsDeps extends OwnershipDeps, OrderedAttemptsDeps {
  /** Where events have their key. */
  readonly path: string;
  readonly callee: () => Callee | undefined;
  /** Fires `lost` before it returns, should this process have been frozen and the queue be another router's by now. */
  readonly noticeFreeze: () => void;
  /** Called when `window` has changed. */
  readonly onWindow: () => void;
  readonly onError: (error: unknown) => void;
}

/** What came between two losses. */
interface Session {
  readonly lost: AbortSignal;
  /** Whether calls may begin: this router has said that it owns the queue. */
  isOwned: boolean;
  isTrusted: boolean;
  /** A window is replaced once. */
  isResized: boolean;
}

/** The first message of a key, to be called for. A suspect is tried with no other call beside it. */
interface Next extends Head<OrderedMessage> {
  readonly isSuspect: boolean;
}

/**
 * Calls one function for the messages of its queue, which this router owns: one at a time of each key, in the order in
 * which they came, through retries. Keys go on beside each other, as many as the function takes calls. The first message
 * of a key is called for, and again after each wait; the key's next one begins when it is settled.
 */
export class OrderedCalls {
  readonly #deps: OrderedCallsDeps;
  readonly #hand = new MessagesInHand();
  readonly #ownership: Ownership;
  readonly #attempts: OrderedAttempts;
  readonly #calls = new Ongoing();
  #running = 0;
  #session: Session | undefined;
  #isTrying = false;
  /** Something has changed, and more may begin. */
  readonly #beginning = new WhileAsked(() => this.#beginAll().catch(this.#deps.onError));
  #window: number | undefined;

  constructor(deps: OrderedCallsDeps) {
    this.#deps = deps;
    this.#ownership = new Ownership(deps);
    this.#attempts = new OrderedAttempts(deps, this.#ownership);
  }

  /** How many messages to have in hand. */
  get window(): number {
    this.#window ??= firstWindow(this.#deps.callee()?.concurrency ?? 1);
    return this.#window;
  }

  /** How many keys wait here, for a call or for a retry. */
  keysWaiting(): KeysWaiting {
    const { ready, waiting } = this.#hand.lanes.states();
    return { turn: ready, retry: waiting };
  }

  readonly handle: MessageHandler = (message, lost) => {
    if (lost.aborted) return Promise.reject(lost.reason as Error);
    this.#follow(lost);
    const id = attemptKey(message);
    const settled = this.#hand.add(laneOf(message, id, this.#deps.path), id, message, lost);
    // Whoever consumes hears of it; a message that comes again meanwhile has another promise.
    settled.catch(() => undefined);
    this.#resize();
    this.#begin();
    return settled;
  };

  /** To be called when the callee may be called otherwise. */
  changed(): void {
    this.#begin();
  }

  /** To be called when a delivery is to be given up that blocks its key. */
  skip(deliveryId: string): void {
    const lane = this.#attempts.laneBlockedBy(deliveryId);
    if (lane !== undefined) this.#hand.lanes.again(lane);
    this.#begin();
  }

  #follow(lost: AbortSignal): void {
    if (this.#session?.lost === lost) return;
    // A release that waited for calls was overtaken by the loss of the connection.
    if (this.#session?.lost.aborted === true) this.#hand.drop(this.#session.lost);
    const session: Session = { lost, isOwned: false, isTrusted: false, isResized: false };
    this.#session = session;
    const onLost = (): void => {
      if (lost.reason instanceof ReleaseError) void this.#release(lost);
      else this.#hand.drop(lost);
    };
    lost.addEventListener("abort", onLost, { once: true });
    void this.#own(session);
  }

  async #own(session: Session): Promise<void> {
    session.isTrusted = await this.#ownership.takeOver(session.lost);
    session.isOwned = true;
    this.#begin();
  }

  /** The consumer waits for this: other routers are to know that nothing was under way when it gave back. */
  async #release(lost: AbortSignal): Promise<void> {
    while (this.#calls.any) await this.#calls.ended();
    await this.#ownership.leave();
    this.#hand.drop(lost);
  }

  /** Begins as many calls as may begin now, and goes on as slots come free. */
  #begin(): void {
    this.#beginning.ask();
  }

  async #beginAll(): Promise<void> {
    while (this.#next() !== undefined) {
      const callee = this.#deps.callee();
      const lost = this.#session?.lost;
      if (callee === undefined || lost === undefined || !mayBegin(callee, this.#running)) return;
      if (!callee.tryEnter() && !(await callee.enter(SLOT_MS_MAX, lost))) {
        if (lost.aborted || !callee.mayBeCalled) return;
        continue;
      }
      // Another one may be next by now, or none.
      const next = this.#next();
      if (next === undefined) return callee.leave();
      this.#hand.lanes.take();
      void this.#call(next, callee);
    }
  }

  /** The message that is to be called for next. Those whose wait is not over are set aside on the way. */
  #next(): Next | undefined {
    this.#deps.noticeFreeze();
    const session = this.#session;
    if (session === undefined || session.lost.aborted || !session.isOwned || this.#isTrying) return undefined;
    const { lanes } = this.#hand;
    for (let head = lanes.peek(); head !== undefined; head = lanes.peek()) {
      const { id, message } = head.entry;
      const isSuspect = message.crashes > 0 && !session.isTrusted && !this.#attempts.hasMade(id);
      const waitMs = this.#attempts.waitMs(head.entry);
      if (waitMs <= 0) return isSuspect && this.#running > 0 ? undefined : { ...head, isSuspect };
      lanes.take();
      this.#wait(head.key, waitMs, session.lost);
    }
    return undefined;
  }

  #wait(key: string, waitMs: number, lost: AbortSignal): void {
    this.#hand.lanes.wait(key);
    const again = (): void => {
      this.#hand.lanes.again(key);
      this.#begin();
    };
    this.#deps.sleep(waitMs, lost).then(again, () => undefined);
  }

  async #call({ key, entry, isSuspect }: Next, callee: Callee): Promise<void> {
    this.#calls.begin();
    this.#running += 1;
    this.#isTrying = isSuspect;
    try {
      const retry = await this.#attempts.make(entry, isSuspect, callee);
      if (retry !== undefined) this.#keep(key, entry, retry);
      else {
        this.#attempts.end(entry);
        this.#hand.settle(key, entry);
      }
    } catch (error) {
      this.#hand.fail(key, entry, error);
    } finally {
      this.#isTrying = false;
      this.#running -= 1;
      callee.leave();
      this.#calls.end();
      this.#resize();
      this.#begin();
    }
  }

  #keep(key: string, entry: OrderedMessage, retry: HeldRetry): void {
    this.#attempts.keep(key, entry, retry);
    if (entry.lost.aborted) this.#hand.giveBack(key, entry);
    else this.#wait(key, retry.delayMs, entry.lost);
  }

  #resize(): void {
    const session = this.#session;
    if (session === undefined || session.isResized || session.lost.aborted || !session.isOwned) return;
    const { lanes, bytes } = this.#hand;
    const isStarving = !lanes.hasReady && this.#running < (this.#deps.callee()?.callsMax ?? 0);
    const next = nextWindow(this.window, { messages: lanes.count, bytes, isStarving });
    if (next === this.window) return;
    session.isResized = true;
    this.#window = next;
    this.#deps.onWindow();
  }
}

/** While its circuit is half open, one call tries it. */
function mayBegin(callee: Callee, running: number): boolean {
  return callee.mayBeCalled && (callee.circuit !== "half-open" || running === 0);
}
