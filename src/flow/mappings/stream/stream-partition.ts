import { Waking } from "../../../async/waking.ts";
import { checkpointQueue } from "../../../domain/queue/queues.ts";
import type { StreamStart } from "../../../ports/broker/streams.ts";
import type { Checkpoint, ProgressMark } from "./checkpoint-message.ts";
import type { LeaseDeps } from "./partition-lease.ts";
import { PartitionLease } from "./partition-lease.ts";
import type { PartitionOptions } from "./lane-caller.ts";
import type { PartitionWorkDeps } from "./partition-work.ts";
import { PartitionWork } from "./partition-work.ts";
import { ReadingState } from "./reading-state.ts";

/** How often a checkpoint is stored while records are finished: what was finished since comes again at a takeover. */
const CHECKPOINT_MS = 1_000;
/** How old a checkpoint may become. RabbitMQ takes back what is held for 30 minutes. */
const RENEW_MS = 300_000;
const AFTER_FAULT_MS = 1_000;

export interface StreamPartitionDeps extends PartitionWorkDeps, LeaseDeps {
  readonly broker: PartitionWorkDeps["broker"] & LeaseDeps["broker"];
  /** How long a checkpoint may be on its way from a router that died: only then does a reading begin at its start. */
  readonly seedMs: number;
}

/** One partition on this router: it waits for the lease, reads while it has it, and stores how far it has come. */
export class StreamPartition {
  readonly #options: PartitionOptions;
  readonly #deps: StreamPartitionDeps;
  readonly #lease: PartitionLease;
  readonly #state: ReadingState;
  readonly #waking = new Waking();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #work: PartitionWork | undefined;
  /** The checkpoint that the reading began with, and what ends the reading. */
  #tenure: { readonly begun: Checkpoint; readonly over: AbortController } | undefined;

  constructor(options: PartitionOptions, deps: StreamPartitionDeps) {
    this.#options = options;
    this.#deps = deps;
    const { mapping, origin, partition } = options;
    this.#state = new ReadingState({ mapping: mapping.name, partition, observer: deps.observer });
    this.#lease = new PartitionLease(checkpointQueue(mapping.name, origin.partition), deps, () => this.#changedHands());
  }

  start(): void {
    this.#running = this.#run();
  }

  /** To be called when the function may be called by now. */
  apply(): void {
    this.#work?.apply();
  }

  /** Ends the reading, waits for calls in flight, and gives the lease to the next router. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#waking.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    await this.#join(signal);
    let mark: ProgressMark | undefined;
    while (!signal.aborted) {
      const waitMs = this.#untilCounts();
      if (waitMs > 0) await this.#waking.until(waitMs);
      else mark = await this.#read(signal);
    }
    this.#state.over();
    await this.#lease.stop(mark).catch((error: unknown) => this.#report(error));
  }

  /** Never rejects: it is tried until it is joined. */
  async #join(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#lease.join(() => this.#begin(), signal);
        return this.#state.over();
      } catch (error) {
        if (error !== signal.reason) this.#state.failed(error);
        await this.#deps.sleep(AFTER_FAULT_MS, signal).catch(() => undefined);
      }
    }
  }

  async #begin(): Promise<StreamStart> {
    const { startingPosition: position } = this.#options.mapping.source;
    if (position.kind !== "latest") return position;
    const { partition } = this.#options;
    const offset = await this.#deps.streams.end(partition);
    if (offset === undefined) throw new Error(`there is no stream "${partition}"`);
    return { kind: "offset", offset };
  }

  /** How long until what is in hand counts, in milliseconds: a seed only if no checkpoint comes. */
  #untilCounts(): number {
    const { held } = this.#lease;
    if (held === undefined) return Infinity;
    const { seed } = held.value;
    return seed === undefined || seed.isFirst ? 0 : held.sinceMs + this.#deps.seedMs - this.#deps.nowMs();
  }

  /** Reads while this router has the lease. Resolves with how far it has come if it still has it. */
  async #read(stopping: AbortSignal): Promise<ProgressMark | undefined> {
    const begun = this.#lease.held?.value;
    if (begun === undefined) return undefined;
    const over = new AbortController();
    this.#tenure = { begun, over };
    this.#work = new PartitionWork(this.#options, this.#deps, begun, this.#state, () => this.#waking.wake());
    const running = this.#work.run(over.signal);
    try {
      await this.#storeMarks(this.#work, over.signal, stopping);
    } catch (error) {
      if (!over.signal.aborted) this.#report(error);
    }
    const isOurs = !over.signal.aborted;
    over.abort();
    await running;
    this.#state.over();
    const { mark } = this.#work;
    const isStill = isOurs && this.#isOurs(begun);
    this.#work = undefined;
    this.#tenure = undefined;
    return isStill ? mark : undefined;
  }

  /** Whoever has lost the lease ends at once: another router reads. */
  #changedHands(): void {
    if (this.#tenure !== undefined && !this.#isOurs(this.#tenure.begun)) this.#tenure.over.abort();
    this.#waking.wake();
  }

  /** Whether what is in hand is the checkpoint that the reading began with, or a later one of this router. */
  #isOurs(begun: Checkpoint): boolean {
    const { held } = this.#lease;
    return held !== undefined && (held.value === begun || this.#lease.isOwn(held.value));
  }

  /** Stores how far the reading has come, until the stop or until it is over. */
  async #storeMarks(work: PartitionWork, over: AbortSignal, stopping: AbortSignal): Promise<void> {
    const { nowMs, leave } = this.#deps;
    const until = AbortSignal.any([leave, over]);
    let stored = work.mark;
    let storedAtMs = nowMs();
    while (!stopping.aborted && !over.aborted) {
      const { mark } = work;
      const waitMs = storedAtMs + (isSame(mark, stored) ? RENEW_MS : CHECKPOINT_MS) - nowMs();
      if (waitMs > 0) {
        await this.#waking.until(waitMs);
        continue;
      }
      await this.#lease.store(mark, until);
      stored = mark;
      storedAtMs = nowMs();
    }
  }

  #report(error: unknown): void {
    const { mapping, partition } = this.#options;
    this.#deps.onError(`mapping ${mapping.name}, stream ${partition}`, error);
  }
}

function isSame({ from, window }: ProgressMark, other: ProgressMark): boolean {
  const offsetIn = (start: ProgressMark["from"]): number => (start.kind === "offset" ? start.offset : -1);
  return window === other.window && offsetIn(from) === offsetIn(other.from);
}
