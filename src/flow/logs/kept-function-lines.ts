import type { Slots } from "../../async/slots.ts";
import { waitFor } from "../../async/time-limit.ts";
import type {
  FunctionLines,
  FramesStart,
  LastLinesPage,
  LastLinesQuery,
  LinesPage,
  LinesQuery,
  LogFrames,
  TakeFrames,
} from "../../ports/functions/function-logs.ts";
import { lastLines } from "./last-lines.ts";
import { PageOfLines } from "./page-of-lines.ts";

/** How long a page may take: then it is answered with what there is. */
const PAGE_MS_MAX = 5_000;
/** How many readings may wait for their turn. */
const WAITING_MAX = 32;

export interface KeptFunctionLinesOptions {
  readonly isOn: () => boolean;
  readonly open: () => Promise<LogFrames>;
  /** How many readings may be at once: each takes a connection to the broker. */
  readonly slots: Slots;
  readonly stop: AbortSignal;
}

/** What takes frames, and may have to end before they do. */
interface Taker {
  readonly take: TakeFrames;
  cut(): void;
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

  read(query: LinesQuery): Promise<LinesPage> {
    return this.#inTurn(async (readUntilLate) => {
      const page = new PageOfLines(query);
      await readUntilLate(startOf(query), page);
      return page.page;
    });
  }

  readLast(query: LastLinesQuery): Promise<LastLinesPage> {
    return this.#inTurn((readUntilLate) =>
      lastLines(query, (fromMs, window) => readUntilLate(startAt(fromMs), window)),
    );
  }

  /** @param work gets what reads frames until they end or the page's time does, and resolves with whether they ended. */
  async #inTurn<Page>(
    work: (readUntilLate: (start: FramesStart, taker: Taker) => Promise<boolean>) => Promise<Page>,
  ): Promise<Page> {
    const { open, slots, stop } = this.#options;
    if (slots.waiting >= WAITING_MAX) throw new Error("too many readings of lines wait already");
    if (!(await slots.take(stop))) throw new Error("the router stops");
    const endsAtMs = performance.now() + PAGE_MS_MAX;
    try {
      const frames = await open();
      return await work(async (start, taker) => {
        const reading = frames.read(start, taker.take).then(() => true);
        const hasEnded = await waitFor(reading, Math.max(0, endsAtMs - performance.now()));
        if (hasEnded === undefined) taker.cut();
        return hasEnded ?? false;
      });
    } finally {
      slots.release();
    }
  }
}

function startOf({ from, sinceMs }: LinesQuery): FramesStart {
  if (from !== undefined) return { kind: "position", position: from.position };
  return startAt(sinceMs ?? 0);
}

function startAt(atMs: number): FramesStart {
  return atMs <= 0 ? { kind: "oldest" } : { kind: "time", atMs };
}
