import type { ClaimedWork, DueWork } from "../../ports/store/due-work.ts";
import { StoreError } from "../../ports/store/store.ts";
import { Waking } from "../../async/waking.ts";

/** For how long claimed work belongs to this router. When it dies, another one gets the work after that. */
export const CLAIM_MS = 15_000;
/** Another router may have scheduled work that is due sooner, and died. */
const LOOK_MS = 5_000;
const AFTER_FAULT_MS = 1_000;

export interface DueWorkerOptions {
  readonly store: DueWork;
  readonly kind: string;
  /** How much is claimed at once, and how many claims are worked on at the same time. */
  readonly claimed: number;
  readonly atOnce: number;
  /** Does the work and settles it. What it leaves unsettled comes again. */
  readonly work: (claimed: readonly ClaimedWork[], leave: AbortSignal) => Promise<void>;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Something other than the store failed. The store reports its own failures. */
  readonly onError: (error: unknown) => void;
}

/** Does work of a kind when it is due by the store, side by side with all other routers. It sleeps until something is due. */
export class DueWorker {
  readonly #options: DueWorkerOptions;
  readonly #waking = new Waking();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: DueWorkerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Something may be due sooner than it was. */
  wake(): void {
    this.#waking.wake();
  }

  /** Begins nothing anew. Resolves when what was begun has ended, which `leave` hurries. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the router is stopping"));
    this.#waking.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    const { store, kind, atOnce, sleep, onError } = this.#options;
    while (!signal.aborted) {
      try {
        await Promise.all(Array.from({ length: atOnce }, () => this.#workOff()));
        await this.#waking.until(Math.min((await store.nextDueInMs(kind)) ?? LOOK_MS, LOOK_MS));
      } catch (error) {
        if (!(error instanceof StoreError)) onError(error);
        await sleep(AFTER_FAULT_MS, signal).catch(() => undefined);
      }
    }
  }

  /** Claims and works until nothing is due any more. */
  async #workOff(): Promise<void> {
    const { store, kind, claimed: limit, work } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const claimed = await store.claimDue(kind, limit, CLAIM_MS);
      if (claimed.length === 0) return;
      await work(claimed, signal);
    }
  }
}
