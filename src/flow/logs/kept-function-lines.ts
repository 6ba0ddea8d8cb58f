import type { Slots } from "../../async/slots.ts";
import { waitFor } from "../../async/time-limit.ts";
import type { FunctionLines, FramesStart, LinesPage, LinesQuery, LogFrames } from "../../ports/function-logs.ts";
import { PageOfLines } from "./page-of-lines.ts";

/** How long a page may take: then it is answered with what there is. */
const PAGE_MS_MAX = 5_000;

export interface KeptFunctionLinesOptions {
  readonly isOn: () => boolean;
  readonly open: () => Promise<LogFrames>;
  /** How many readings may be at once: each takes a connection to the broker. */
  readonly slots: Slots;
  readonly stop: AbortSignal;
}

/** Reads lines for whoever asks, some readings at a time. */
export class KeptFunctionLines implements FunctionLines {
  readonly #options: KeptFunctionLinesOptions;

  constructor(options: KeptFunctionLinesOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#options.isOn();
  }

  async read(query: LinesQuery): Promise<LinesPage> {
    const { open, slots, stop } = this.#options;
    const page = new PageOfLines(query);
    if (!(await slots.take(stop))) throw new Error("the router stops");
    try {
      const reading = (await open()).read(startOf(query), page.take);
      if (
        (await waitFor(
          reading.then(() => true),
          PAGE_MS_MAX,
        )) === undefined
      )
        page.cut();
      return page.page;
    } finally {
      slots.release();
    }
  }
}

function startOf({ from, sinceMs }: LinesQuery): FramesStart {
  if (from !== undefined) return { kind: "position", position: from.position };
  return sinceMs === undefined ? { kind: "oldest" } : { kind: "time", atMs: sinceMs };
}
