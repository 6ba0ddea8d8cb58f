import type { JournalFrame } from "../../../ports/journal.ts";

/** A frame that has come from RabbitMQ. */
export interface ArrivedFrame {
  readonly frame: JournalFrame;
  /** Whether frames before it were lost. */
  readonly isBehindGap: boolean;
  /** Lets RabbitMQ send another. It settles all that came before, too. */
  readonly ack: () => void;
}

export interface HandoverOptions {
  readonly listener: (frames: readonly JournalFrame[]) => Promise<void>;
  readonly onLost: () => void;
  readonly failed: (error: unknown) => void;
}

/** Hands frames to a listener in their order: while it is busy those that come are kept, and are its next batch. */
export class FrameHandover {
  readonly #options: HandoverOptions;
  readonly #arrived: ArrivedFrame[] = [];
  #handing: Promise<void> | undefined;
  #ended = false;

  constructor(options: HandoverOptions) {
    this.#options = options;
  }

  add(arrived: ArrivedFrame): void {
    this.#arrived.push(arrived);
    this.#handing ??= this.#handOver().finally(() => (this.#handing = undefined));
  }

  /** Resolves when all that came was handed over. */
  async idle(): Promise<void> {
    await this.#handing;
  }

  /** Resolves when the listener has ended its batch. It gets no other. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#handing;
  }

  async #handOver(): Promise<void> {
    // What RabbitMQ has sent together makes one batch.
    await Promise.resolve();
    while (this.#arrived.length > 0 && !this.#ended) {
      const batch = this.#nextBatch();
      if (batch[0]?.isBehindGap) this.#options.onLost();
      try {
        await this.#options.listener(batch.map(({ frame }) => frame));
      } catch (error) {
        this.#options.failed(error);
      }
      batch.at(-1)?.ack();
    }
  }

  /** All that came, up to the next gap. */
  #nextBatch(): readonly ArrivedFrame[] {
    const gap = this.#arrived.findIndex(({ isBehindGap }, index) => isBehindGap && index > 0);
    return this.#arrived.splice(0, gap === -1 ? this.#arrived.length : gap);
  }
}
