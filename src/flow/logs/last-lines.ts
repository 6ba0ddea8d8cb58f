import type { LinePlace } from "../../domain/logs/line-place.ts";
import type { KeptLine, LastLinesPage, LastLinesQuery } from "../../ports/functions/function-logs.ts";
import { PAGE_BYTES_MAX, pageBytesOf, READ_BYTES_MAX } from "./asked-lines.ts";
import type { WindowBounds } from "./window-of-lines.ts";
import { WindowOfLines } from "./window-of-lines.ts";

/**
 * Frames are read forwards only. So the last lines are looked for in windows of time, each before the one that was read
 * before it and much longer, until there are enough.
 */
const WINDOWS_MS = [30_000, 300_000, 3_600_000, 43_200_000, Infinity];

/** Hands a window the frames from a time on. @returns whether it took all of them in time */
export type ReadWindow = (fromMs: number, window: WindowOfLines) => Promise<boolean>;

/**
 * Reads the last lines before a place.
 *
 * @throws Error when not even the latest of them can be read in time.
 */
export async function lastLines(query: LastLinesQuery, readWindow: ReadWindow): Promise<LastLinesPage> {
  const page = new PageOfLastLines(query);
  for (const [at, windowMs] of WINDOWS_MS.entries()) {
    const fromMs = Math.max(query.sinceMs ?? 0, query.nearMs - windowMs);
    // The latest lines are read however many they are: only then is it known where a page can go on.
    const isNeeded = at === 0 || page.before === undefined;
    const readBytesMax = isNeeded ? Infinity : page.bounds.readBytesMax;
    const window = new WindowOfLines({ ...query, ...page.end }, { ...page.bounds, readBytesMax });
    const isRead = await readWindow(fromMs, window);
    if (isNeeded && !isRead) throw new Error("the last lines could not be read in time");
    if (!isRead || window.isCut) break;
    page.add(window, fromMs);
    if (page.isWhole) break;
  }
  return page.page;
}

/** The last lines, as windows come: the latest window first. */
class PageOfLastLines {
  readonly #query: LastLinesQuery;
  #lines: readonly KeptLine[] = [];
  #pageBytes = 0;
  #readBytes = 0;
  #before: LinePlace | undefined;
  #nearMs: number;
  #next: LinePlace | undefined;
  #isFull = false;
  #isAtBeginning = false;

  constructor(query: LastLinesQuery) {
    this.#query = query;
    this.#before = query.before;
    this.#next = query.before;
    this.#nearMs = query.nearMs;
  }

  /** What the next window may have. */
  get bounds(): WindowBounds {
    return {
      linesMax: this.#query.limit - this.#lines.length,
      pageBytesMax: PAGE_BYTES_MAX - this.#pageBytes,
      readBytesMax: READ_BYTES_MAX - this.#readBytes,
    };
  }

  /** Where the next window ends; undefined for the end of all lines. */
  get before(): LinePlace | undefined {
    return this.#before;
  }

  /** The same, as a query has it. */
  get end(): Pick<LastLinesQuery, "before"> {
    return this.#before === undefined ? {} : { before: this.#before };
  }

  add(window: WindowOfLines, fromMs: number): void {
    const { lines } = window;
    this.#lines = [...lines, ...this.#lines];
    this.#pageBytes += lines.reduce((sum, line) => sum + pageBytesOf(line), 0);
    this.#readBytes += window.readBytes;
    this.#next ??= window.next;
    this.#before = window.first ?? this.#before;
    this.#nearMs = fromMs;
    this.#isFull = window.isFull || this.#lines.length >= this.#query.limit;
    this.#isAtBeginning = !this.#isFull && fromMs <= (this.#query.sinceMs ?? 0);
  }

  get isWhole(): boolean {
    return this.#isFull || this.#isAtBeginning;
  }

  get page(): LastLinesPage {
    const [first] = this.#lines;
    const lines = this.#lines.toSorted((one, other) => one.atMs - other.atMs);
    const rest = { next: this.#next, isAtBeginning: this.#isAtBeginning };
    // A full page has left out lines of its last window.
    if (this.#isFull && first !== undefined) return { lines, before: first.place, nearMs: first.atMs, ...rest };
    return { lines, before: this.#before, nearMs: this.#nearMs, ...rest };
  }
}
