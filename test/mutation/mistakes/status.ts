import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** What routers say of themselves to each other. */
export const STATUS: readonly Mutation[] = [
  ...inFile("src/flow/status/router-statuses.ts", [
    [
      "nowMs - seenAtMs >= SILENT_MS }",
      "nowMs - seenAtMs >= FORGOTTEN_MS }",
      "a router that says nothing is shown as silent",
    ],
    [
      "if (nowMs - seenAtMs >= FORGOTTEN_MS) this.#heard.delete(id);\n      else ",
      "",
      "a router that is gone is left out",
    ],
    [
      "before === undefined && this.#heard.size >= ROUTERS_MAX",
      "this.#heard.size >= ROUTERS_MAX",
      "a hundred routers are kept up to date",
    ],
    [
      "    if (before === undefined && this.#heard.size >= ROUTERS_MAX) return;\n",
      "",
      "no more than a hundred routers are kept",
    ],
    [
      "    if (before !== undefined && before.startedAtMs > status.startedAtMs) return;\n",
      "",
      "a router that started anew is not taken for its former process",
    ],
    [" || idOf(message) === this.#options.id) return;", ") return;", "a router counts itself once"],
    [
      'if (message.type === "end") this.#heard.delete(message.id);\n    else ',
      'if (message.type === "status") ',
      "a router that stops in order is not missed",
    ],
    ["    this.#lastHour.add(status.counts, nowMs);\n", "", "the last hour is counted"],
    ["this.#heard.size - silent, silent", "this.#heard.size, silent", "live routers are counted"],
    [".sort((a, b) => (a.id < b.id ? -1 : 1))", "", "routers stand in one order"],
    ["    clearInterval(this.#timer);\n", "", "a router that stops says nothing more"],
    [
      ".catch(() => this.#options.observer.statusLost())",
      ".catch(() => undefined)",
      "a status that is lost is counted",
    ],
  ]),
  ...inFile("src/flow/status/status-message.ts", [
    ["bytes.length > BYTES_MAX ? undefined : ", "", "a status has its bound"],
    ['type === "status" && read.success ? ', "read.success ? ", "a message of another type is no status"],
  ]),
  ...inFile("src/flow/status/last-hour.ts", [
    [
      "last === undefined || last.atMs < atMs",
      "last === undefined || last.atMs !== atMs",
      "a clock that is set back makes no second step",
    ],
    ["if (this.#steps.length > STEPS_MAX) this.#steps.shift();", "", "an hour of steps is kept"],
    [
      "return this.#steps.filter(({ atMs }) => atMs > nowMs - STEPS_MAX * STATUS_MS);",
      "return this.#steps;",
      "a step older than an hour is not shown",
    ],
    ["unmatched: last.unmatched + unmatched", "unmatched: last.unmatched", "all routers' events are counted in a step"],
  ]),
];
