import type { InFlightBytes } from "../budget/in-flight.ts";

/** The most that a poll takes: an event has 1 MiB at most, as a request has. */
const MESSAGE_BYTES = 1024 * 1024;

/** The permission to take one message from the broker. Its holder ends it. */
export interface PollTurn {
  /** Fires when the poll has ended, or must take nothing any more. */
  readonly signal: AbortSignal;
  end(): void;
}

/** The polls of one function: those that take, and those that wait for their turn. */
interface Polls {
  readonly taking: Set<AbortController>;
  readonly waiting: Set<() => void>;
}

/**
 * Decides which of the open polls may take a message. All of them might take a large one at the same moment. So only as
 * many take as the budget has room for, shared by the functions that poll; the next one begins when a poll has its
 * message. A function that must be given nothing has no turns, and loses those it has.
 * No `Slots`: a poll that is woken has no turn yet, since the memory and the gates may have changed by then.
 */
export class PollTurns {
  readonly #inFlight: InFlightBytes;
  readonly #mayTake: (functionName: string) => boolean;
  readonly #polls = new Map<string, Polls>();

  constructor(inFlight: InFlightBytes, mayTake: (functionName: string) => boolean) {
    this.#inFlight = inFlight;
    this.#mayTake = mayTake;
    inFlight.onChange(() => this.reconcile());
  }

  /** A turn, if there is one now. */
  tryBegin(functionName: string, gone: AbortSignal): PollTurn | undefined {
    const polls = this.#pollsOf(functionName);
    if (!this.#isOpen(functionName) || polls.taking.size >= this.#turns()) return undefined;
    const controller = new AbortController();
    const abort = (): void => controller.abort();
    polls.taking.add(controller);
    gone.addEventListener("abort", abort, { once: true });
    if (gone.aborted) abort();
    return {
      signal: controller.signal,
      end: () => {
        gone.removeEventListener("abort", abort);
        polls.taking.delete(controller);
        wakeNext(polls);
        this.#forgetIfIdle(functionName, polls);
      },
    };
  }

  /** Resolves when another try may succeed, or the poll has ended. */
  async change(functionName: string, gone: AbortSignal): Promise<void> {
    if (gone.aborted) return;
    const polls = this.#pollsOf(functionName);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const wake = (): void => resolve(undefined);
    polls.waiting.add(wake);
    gone.addEventListener("abort", wake, { once: true });
    await promise;
    gone.removeEventListener("abort", wake);
    polls.waiting.delete(wake);
    this.#forgetIfIdle(functionName, polls);
  }

  /** To be called when a function may be given messages again, or must be given none. */
  reconcile(): void {
    for (const [functionName, { taking, waiting }] of this.#polls) {
      if (!this.#isOpen(functionName)) for (const controller of taking) controller.abort();
      for (const wake of waiting) wake();
    }
  }

  #isOpen(functionName: string): boolean {
    return !this.#inFlight.isFull && this.#mayTake(functionName);
  }

  /** How many polls of each function may take at once. At least one, or a function might never get its turn. */
  #turns(): number {
    return Math.max(1, Math.floor(this.#inFlight.deliveryRoomBytes / MESSAGE_BYTES / this.#polls.size));
  }

  #pollsOf(functionName: string): Polls {
    const known = this.#polls.get(functionName);
    if (known !== undefined) return known;
    const polls: Polls = { taking: new Set(), waiting: new Set() };
    this.#polls.set(functionName, polls);
    return polls;
  }

  #forgetIfIdle(functionName: string, polls: Polls): void {
    const idle = polls.taking.size === 0 && polls.waiting.size === 0;
    if (idle && this.#polls.get(functionName) === polls) this.#polls.delete(functionName);
  }
}

/** Removed at once, so that the next call wakes another poll. */
function wakeNext({ waiting }: Polls): void {
  const [wake] = waiting;
  if (wake === undefined) return;
  waiting.delete(wake);
  wake();
}
