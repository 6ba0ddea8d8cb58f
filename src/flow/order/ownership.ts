import { doublingMs } from "../../async/doubling.ts";
import type { Owners } from "./owners.ts";

/** A message that other routers were trying by itself when they ended, so often, is parked. */
const TRIALS_MAX = 2;
/** How long a release waits for the control log to say that this router leaves. */
const LEAVE_MS_MAX = 5_000;
const RETRY_MS_MIN = 1_000;
const RETRY_MS_MAX = 5_000;

export interface OwnershipDeps {
  /** `function/NAME` */
  readonly label: string;
  readonly owners: Pick<Owners, "takeOver" | "leave" | "tries" | "hasTried" | "endsWith">;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** What this router says to the others of one queue that it owns. What cannot be written is tried until the messages are lost. */
export class Ownership {
  readonly #deps: OwnershipDeps;

  constructor(deps: OwnershipDeps) {
    this.#deps = deps;
  }

  /** Resolves with whether what was handed out before is above suspicion. */
  async takeOver(lost: AbortSignal): Promise<boolean> {
    const { owners, label } = this.#deps;
    return (await this.#persist(lost, () => owners.takeOver(label))) ?? false;
  }

  /** What the next router does not hear makes it careful, and nothing else: so this does not take long. */
  async leave(): Promise<void> {
    const { owners, label, sleep } = this.#deps;
    const over = new AbortController();
    const late = sleep(LEAVE_MS_MAX, over.signal).catch(() => undefined);
    await Promise.race([owners.leave(label).catch(() => undefined), late]);
    over.abort();
  }

  /** Whether routers have died of a message. */
  isCulprit(message: string): boolean {
    const { owners, label } = this.#deps;
    return owners.endsWith(label, message) >= TRIALS_MAX;
  }

  /**
   * Tries a message by itself. Routers say what they try: the next one knows it if this one dies of it.
   *
   * @throws the reason of `lost` where it fires before the trial began.
   */
  async trying<T>(message: string, lost: AbortSignal, attempt: () => Promise<T>): Promise<T> {
    const { owners, label } = this.#deps;
    await this.#persist(lost, () => owners.tries(label, message));
    lost.throwIfAborted();
    const result = await attempt();
    await this.#persist(lost, () => owners.hasTried(label));
    return result;
  }

  async #persist<T>(lost: AbortSignal, write: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 1; !lost.aborted; failures++) {
      try {
        return await write();
      } catch {
        await this.#deps.sleep(doublingMs(failures, RETRY_MS_MIN, RETRY_MS_MAX), lost).catch(() => undefined);
      }
    }
    return undefined;
  }
}
