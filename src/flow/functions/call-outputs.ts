import type { OutputLine } from "../../ports/admin/function-tests.ts";
import { OutputTail } from "./output-tail.ts";

/** What local functions write while they are called, for those calls whose caller wants to see it. */
export class CallOutputs {
  /** By delivery id. */
  readonly #tails = new Map<string, OutputTail>();

  /** Begins to keep what is written during a call. Has to be ended. */
  begin(deliveryId: string): void {
    this.#tails.set(deliveryId, new OutputTail());
  }

  /** What has been written; undefined where nothing was kept. */
  end(deliveryId: string): OutputTail | undefined {
    const tail = this.#tails.get(deliveryId);
    this.#tails.delete(deliveryId);
    return tail;
  }

  /** A line that a process of this router wrote. @param deliveryId of the call that it has in hand, or had last. */
  wrote(deliveryId: string, stream: OutputLine["stream"], line: string): void {
    if (this.#tails.size > 0) this.#tails.get(deliveryId)?.add(stream, line);
  }
}

/**
 * What a process wrote before it answered may be read after the answer: its pipe and its connection have no order. So long
 * somebody who wants to see it waits.
 */
export const OUTPUT_MS = 100;
