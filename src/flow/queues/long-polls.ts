import type { QueueHolds } from "../../ports/broker/holds.ts";

/** How much longer than its time a poll waits for an answer that it has asked for. */
const ANSWER_MS_MAX = 2_000;

/** One who waits for messages of a queue. */
interface Poll<Answer> {
  /** Asks the queue once; undefined when there is nothing. */
  readonly ask: () => Promise<Answer | undefined>;
  readonly end: (answer: Answer | undefined, error?: unknown) => void;
  isEnded: boolean;
  /** The queue is being asked. */
  isAsking: boolean;
  /** Its time was over meanwhile: it ends with that answer. */
  isLate: boolean;
}

interface Line<Answer> {
  readonly polls: Set<Poll<Answer>>;
  /** Fires when nobody waits any more. */
  readonly empty: AbortController;
}

export interface PollOptions<Answer> {
  readonly ask: () => Promise<Answer | undefined>;
  /** Gives back an answer that came when its poll had ended. */
  readonly giveBack: (answer: Answer) => Promise<void>;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/**
 * Polls that wait, in a line for each queue. One bell serves a line, so that a poll that waits costs a timer: when it
 * rings, the polls that have waited longest ask in turn, until one finds nothing.
 */
export class LongPolls<Answer> {
  readonly #holds: Pick<QueueHolds, "bell">;
  readonly #lines = new Map<string, Line<Answer>>();
  #isStopped = false;

  constructor(holds: Pick<QueueHolds, "bell">) {
    this.#holds = holds;
  }

  /**
   * Waits for an answer. Undefined when the time is over, the signal fired, or the polls were stopped. A poll whose time ends
   * while the queue is asked has that answer, up to 2 s later: given back, its messages would count as received.
   */
  async wait(queue: string, { ask, giveBack, waitMs, signal }: PollOptions<Answer>): Promise<Answer | undefined> {
    if (this.#isStopped || signal.aborted) return undefined;
    const line = this.#lineOf(queue);
    let timer: NodeJS.Timeout | undefined;
    let leave = (): void => undefined;
    return await new Promise<Answer | undefined>((resolve, reject) => {
      const poll: Poll<Answer> = {
        isEnded: false,
        isAsking: false,
        isLate: false,
        ask: async () => {
          const answer = await ask();
          if (answer === undefined || !poll.isEnded) return answer;
          await giveBack(answer);
          return undefined;
        },
        end: (answer, error) => {
          if (poll.isEnded) return;
          poll.isEnded = true;
          line.polls.delete(poll);
          if (line.polls.size === 0) line.empty.abort();
          if (error === undefined) resolve(answer);
          else reject(error instanceof Error ? error : new Error("the queue was not asked", { cause: error }));
        },
      };
      leave = () => poll.end(undefined);
      const timeIsOver = (): void => {
        if (!poll.isAsking) return leave();
        poll.isLate = true;
        timer = setTimeout(leave, ANSWER_MS_MAX);
      };
      timer = setTimeout(timeIsOver, waitMs);
      signal.addEventListener("abort", leave, { once: true });
      line.polls.add(poll);
    }).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    });
  }

  /** How many wait. */
  get waiting(): number {
    return [...this.#lines.values()].reduce((sum, { polls }) => sum + polls.size, 0);
  }

  /** How many wait, by queue. */
  get waitingByQueue(): ReadonlyMap<string, number> {
    return new Map([...this.#lines].map(([queue, { polls }]) => [queue, polls.size]));
  }

  /** Answers everybody who waits, with nothing, and whoever comes later at once. */
  stop(): void {
    this.#isStopped = true;
    for (const { polls } of this.#lines.values()) for (const poll of [...polls]) poll.end(undefined);
  }

  #lineOf(queue: string): Line<Answer> {
    const there = this.#lines.get(queue);
    if (there !== undefined && !there.empty.signal.aborted) return there;
    const line: Line<Answer> = { polls: new Set(), empty: new AbortController() };
    this.#lines.set(queue, line);
    // The first poll joins the line before its bell is asked for.
    queueMicrotask(() => void this.#serve(queue, line));
    return line;
  }

  async #serve(queue: string, line: Line<Answer>): Promise<void> {
    while (!line.empty.signal.aborted) {
      // Without a bell nobody is left to wait for: they ask again, and learn why.
      if (!(await this.#holds.bell(queue, line.empty.signal))) break;
      await answerInTurn(line);
    }
    for (const poll of [...line.polls]) poll.end(undefined);
    if (this.#lines.get(queue) === line) this.#lines.delete(queue);
  }
}

async function answerInTurn<Answer>({ polls }: Line<Answer>): Promise<void> {
  for (const poll of [...polls]) {
    if (poll.isEnded) continue;
    try {
      poll.isAsking = true;
      const answer = await poll.ask();
      poll.isAsking = false;
      if (answer === undefined && poll.isLate) poll.end(undefined);
      if (answer === undefined) return;
      poll.end(answer);
    } catch (error) {
      poll.end(undefined, error);
    }
  }
}
