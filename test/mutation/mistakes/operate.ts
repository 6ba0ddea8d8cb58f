import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What operators do: redrive, purge, pause and explain. */
export const OPERATE: readonly Mutation[] = [
  ...inFile("src/flow/redrive/pass.ts", [
    [
      "if (steadyMs() > deadlineMs) return",
      "if (false) return",
      "a browse ends before RabbitMQ takes its messages away",
    ],
    [".finally(() => browsing?.end())", "", "what a browse held goes back"],
    ['once.end !== "time" || removed === 0', 'once.end !== "time"', "a redrive ends that can remove nothing"],
    ["Math.min(STEP_MESSAGES, ready - browsing.met)", "STEP_MESSAGES", "a browse does not read what comes meanwhile"],
    [
      "      signal.throwIfAborted();\n      if (steadyMs",
      "      if (steadyMs",
      "a redrive ends when its caller has gone",
    ],
  ]),
  ...inFile("src/flow/redrive/readdress.ts", [
    ["    attempt: 1,\n", "    attempt: 2,\n", "a redriven delivery begins again"],
    ["firstAtMs: nowMs,", "firstAtMs: 0,", "a redriven delivery's age counts from the redrive"],
    ["...(budget === undefined ? {} : { budget }),", "", "a redrive does not give a loop a new budget"],
    ["headers: { ...each.headers, ...redriven }", "headers: each.headers", "a redriven message counts its redrives"],
    [
      "if (planned.length === 0) return refuse",
      "if (planned.length < 0) return refuse",
      "a dead letter that no rule matches stays",
    ],
  ]),
  ...inFile("src/flow/route/derived-ids.ts", [
    [
      "[base, origin?.bus, origin?.rule, origin?.target, hops]",
      "[base]",
      "what a bus makes of a dead letter has an id for each target",
    ],
  ]),
  ...inFile("src/flow/redrive/redrive-run.ts", [
    ["if (failure !== undefined) throw failure;", "", "a redrive whose queue is full ends"],
    [
      "this.#filter.notRedrivenSinceMs ?? startedAtMs",
      "this.#filter.notRedrivenSinceMs",
      "a redrive does not meet its own failures again",
    ],
    ["Math.min(left, await this.#paced.due())", "await this.#paced.due()", "a redrive keeps its limit"],
    ["    this.#paced.went(moves.length);\n", "", "a redrive keeps its rate"],
    ["count: confirmed.length,", "count: moves.length,", "a redrive counts what it moved"],
  ]),
  ...inFile("src/flow/redrive/store-then-remove.ts", [
    ["going.filter((one) => !unconfirmed.has(one))", "going", "a dead letter leaves its queue when its copy is stored"],
  ]),
  ...inFile("src/flow/pause/pauses.ts", [
    [
      "record.paused && endBytes < beforeBytes",
      "record.paused && endBytes >= beforeBytes",
      "a pause outlives the log's bound",
    ],
    [
      "if (record.renewed && last !== undefined && last.id !== id) return true;",
      "",
      "a pause that was ended stays ended",
    ],
    ["wasPaused !== this.isPaused(destination)", "true", "a pause notifies once"],
    ["if (this.#configured.has(label)) return false;", "", "a configured pause is not ended by an operator"],
    ["if (changed && !this.#isRecorded(label))", "if (changed)", "a reload does not resume what an operator paused"],
  ]),
];
