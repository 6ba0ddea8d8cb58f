import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What happened, as routers write it down: never in the way, never a secret, and whole ways where it must be less. */
export const JOURNAL: readonly Mutation[] = [
  ...inFile("src/edge/journal/journal.ts", [
    ['bodies === "failed" && !failed', "false", "bodies of what went well are left out"],
    ["if (json.length > BODY_BYTES_MAX || ", "if (", "a long event is kept without its body"],
    ["const shown = this.#redact(json);", "const shown = json as Buffer | undefined;", "secrets are not kept"],
    [
      "shown === undefined || shown.length > BODY_BYTES_MAX",
      "shown === undefined",
      "redaction does not make a body too long",
    ],
    ["hashOf(eventId) % oneIn === 0", "true", "a router that writes too much leaves out successes"],
    ["if (!this.#budget.hasRoom) return", "if (false) return", "a router writes no more than four times its budget"],
    [
      "if (this.#ticks % FRAMES_A_RESTATEMENT === 0) this.#restate();",
      "",
      "a configuration outlives the frames that the journal deletes",
    ],
    ['this.write({ kind: "sampling", atMs: this.#options.nowMs(), oneIn });', "", "the console knows what is left out"],
  ]),
  ...inFile("src/edge/journal/frame-sending.ts", [
    ["if (frame.isFull) this.send();", "", "a full frame goes at once"],
    [
      "if (this.#unconfirmedBytes + bytes.length > UNCONFIRMED_BYTES_MAX) return",
      "if (false) return",
      "a broker that is slow costs a router no memory",
    ],
    ["      this.#unconfirmedBytes -= bytes.length;\n", "", "a journal goes on when the broker is back"],
    ['this.#options.onLost("refused", counts);', "", "what the broker refuses is counted"],
    ["    await Promise.all(this.#sending);\n", "", "a router that stops waits for its last frame"],
  ]),
  ...inFile("src/edge/journal/budget.ts", [
    ["this.#quietWindows < QUIET_WINDOWS || ", "", "a level is not given up at the first quiet second"],
    ["this.#level === 0 && this.hasRoomForSuccess", "this.hasRoomForSuccess", "bodies are the first that is left out"],
    ["this.#level < 2 ? 1 : ", "", "bodies go before successes"],
  ]),
  ...inFile("src/edge/journal/redact.ts", [
    ["key.endsWith(secret)", "key === secret", "a key that ends as a secret's is one"],
    ['first === "*" || first === name', "first === name", "a path leads through lists"],
  ]),
  ...inFile("src/edge/journal/journal-observer.ts", [
    ["became, jobId });", "became });", "a redrive says which job did it"],
    ["queue, count, jobId }),", "queue, count, jobId: undefined }),", "a purge says which job did it"],
  ]),
];

/** The console's index of it: any part may be lost, and what it says is what happened. */
export const INDEX: readonly Mutation[] = [
  ...inFile("src/console/index/segments/segments.ts", [
    [
      "        if (position <= (this.#about.position ?? -Infinity)) continue;\n",
      "",
      "a frame that comes again counts once",
    ],
    [
      "for (const later of numbers.slice(index)) ",
      "for (const later of numbers.slice(index, index + 1)) ",
      "nothing is left behind a damaged segment",
    ],
    ["      this.#newest.rollback();\n", "", "frames are added whole or not at all"],
    ["    carrySampling(last, next);\n", "", "what is left out is known in the next segment"],
    ["    carryConfigurations(last, next);\n", "", "configurations are known in the next segment"],
    ["bytes > this.#bounds.bytesMax && ", "false && ", "the index has its bound"],
  ]),
  ...inFile("src/console/index/queries/outcome.ts", [
    [
      "b.atMs - a.atMs || b.rank - a.rank",
      "b.atMs - a.atMs || a.rank - b.rank",
      "an attempt that made a dead letter has failed",
    ],
    ['isQueue || marks.some(({ state }) => state === "delivered")', "isQueue", "what was delivered stays delivered"],
    ['to === "bus" ? "redriven" : "waiting"', '"waiting"', "an event that is on its bus again has other deliveries"],
    [
      'return isOnlyRedriven ? "waiting" : "delivered";',
      'return "delivered";',
      "an event that was only put on its bus again is not delivered yet",
    ],
    [
      '["failed", "failing", "waiting"]',
      '["waiting", "failing", "failed"]',
      "an event's outcome is the worst of its deliveries",
    ],
  ]),
  ...inFile("src/console/index/queries/pages.ts", [
    ["examined < EXAMINED_MAX && look", "look", "a search has its bound"],
    ['end === "stopped" ? shown : end', "shown", "a search that was given up goes on where it was"],
  ]),
  ...inFile("src/console/index/queries/delivery-ways.ts", [
    ['{ jobId: nameIn(segment, row["job"]) }', "{}", "a redrive names its job"],
    [
      "ordered(rowsOf(parts, ATTEMPTS, attemptIn), byAttempt)",
      "rowsOf(parts, ATTEMPTS, attemptIn)",
      "attempts stand in their order",
    ],
  ]),
  ...inFile("src/console/index/queries/letter-list.ts", [
    ["b.count - a.count || ", "", "the largest group stands first"],
    ["newestAtMs: known?.newestAtMs ?? atMs", "newestAtMs: atMs", "a group says when its newest came"],
  ]),
  ...inFile("src/console/index/follow.ts", [
    [
      "        if (tries === 0) onFault(error);\n",
      "        onFault(error);\n",
      "one line is logged for a disk that is full",
    ],
    [
      "for (let tries = 0; !ended.aborted; tries++)",
      "for (let tries = 0; tries < 1; tries++)",
      "frames that could not be added are tried again",
    ],
  ]),
];
