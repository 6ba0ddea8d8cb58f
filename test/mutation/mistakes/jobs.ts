import type { Mutation } from "../mutation.ts";
import { inFile } from "../mutation.ts";

/** Redrives and purges that outlive a router: who has them, when they are done, and what they leave alone. */
export const JOBS: readonly Mutation[] = [
  ...inFile("src/flow/jobs/job-table.ts", [
    [
      "record.owner.epoch > job.owner.epoch",
      "record.owner.epoch >= job.owner.epoch",
      "of two routers that take a job over, one has it",
    ],
    [
      "record.epoch === job.owner.epoch ? advanced(job, record) : undefined",
      "advanced(job, record)",
      "what a former owner says does not count",
    ],
    [" && this.refusalOf(job.order) === undefined ? job : undefined", " ? job : undefined", "one job is at a queue"],
    ["return going < max ? ", "return going <= max ? ", "eight redrives and purges at once"],
    ['state === undefined || job.state === "stopping"', "state === undefined", "a job that stops is not resumed"],
    [
      "(ratePerSecond === undefined ? {} : { ratePerSecond: ratePerSecond ?? undefined })",
      "({ ratePerSecond: ratePerSecond ?? undefined })",
      "a pause leaves the rate as it is",
    ],
    [
      "(b.endedAtMs ?? 0) - (a.endedAtMs ?? 0)",
      "(a.endedAtMs ?? 0) - (b.endedAtMs ?? 0)",
      "the jobs that ended last are listed",
    ],
    ["=> endBytes < beforeBytes)", "=> endBytes > beforeBytes)", "a job outlives the records that the log discards"],
  ]),
  ...inFile("src/flow/jobs/job-run.ts", [
    ["beganMs >= this.#allBackAtMs ? ", "true ? ", "a job is done only when all is back that a dead router held"],
    [
      "...(this.#isBegun ? { notNewerThanMs: startedAtMs } : {})",
      "",
      "a job that begins anew leaves out what has come since",
    ],
    [
      "this.#isBegun ? { ...order, notSentSinceMs: startedAtMs } : order",
      "order",
      "a move that begins anew leaves out what has come back since",
    ],
    [
      "{ ...whole, left: worked.progress.left } : whole",
      "whole : whole",
      "a move that is taken over when all has gone has nothing left",
    ],
    ["    this.#isBegun = true;\n", "", "so does one whose first way failed"],
    ["Math.max(0, limit - removed)", "limit", "a limit holds over a pause"],
    [
      "this.#allBackAtMs = this.#options.steadyMs() + this.#options.heldBackMs;\n",
      "",
      "a job looks again for what a lost connection held",
    ],
    ["if (removed > 0) this.#failures = 0;", "", "a failure after progress is tried again at once"],
    ["isRefused === true ? ", "true ? ", "a broker that is away ends no job"],
    [
      "const { notRedrivenSinceMs = startedAtMs } = filter;",
      "const { notRedrivenSinceMs } = filter;",
      "what failed again is not redriven a second time",
    ],
    ["removed: before.removed + now.removed", "removed: now.removed", "a job counts over all its pieces"],
  ]),
  ...inFile("src/flow/jobs/job-signs.ts", [
    [
      "if (heardAtMs === undefined || isHeldUp || !isConnected())",
      "if (heardAtMs === undefined || isHeldUp)",
      "a router that is cut off takes nothing over",
    ],
    [
      "if (heardAtMs === undefined || isHeldUp || ",
      "if (heardAtMs === undefined || ",
      "a router that was held up takes nothing over",
    ],
    ["nowMs - heardAtMs >= silenceMs", "nowMs - heardAtMs >= silenceMs / 10", "a job's owner may miss a sign or two"],
  ]),
  ...inFile("src/flow/jobs/jobs.ts", [
    ["owner, progress: job.progress });", "owner });", "a router that starts after a takeover knows what was done"],
    ["isBegun: epoch > FIRST_EPOCH", "isBegun: false", "another router's first way leaves out what has come since"],
    [
      "this.#pasts.set(job.id, { ...past, isBegun: true });",
      "",
      "a job that is resumed leaves out what has come since",
    ],
    [
      "allBackAtMs: silentSinceMs + this.#options.heldBackMs",
      "allBackAtMs: -Infinity",
      "a job that was taken over looks once more",
    ],
    [
      "if (job === undefined || job.owner.epoch !== epoch || this.#isMine(job)) return false;",
      "if (job === undefined || this.#isMine(job)) return false;",
      "a former owner's sign is no sign of the owner",
    ],
    [
      "    await Promise.allSettled(owned.map((job) => this.#giveBack(job)));\n",
      "",
      "a router that stops gives its jobs to the others",
    ],
    ["    await this.#log.progress(now);\n", "", "what a router did before it stopped is counted"],
    [
      'else if (job.state === "paused") await this.#log.progressUntilStored(() => this.#stillMine(job));',
      "",
      "a job that is paused has stored how far it is",
    ],
    [
      "const late = this.find(job.id) === undefined ? this.#table.refusalOf(order) : undefined;",
      "const late = undefined;",
      "a job that came second is refused",
    ],
  ]),
  ...inFile("src/flow/jobs/job-record.ts", [
    [
      "examples.slice(0, JOB_EXAMPLES_MAX).map(bounded)",
      "examples.map(bounded)",
      "what a router takes over of a job is bounded",
    ],
    ['.replace(/\\p{Cc}/gu, "\\ufffd")', "", "a job's records fit the log whatever ids its letters have"],
  ]),
  ...inFile("src/flow/jobs/job-log.ts", [
    [
      "        await this.#options.sleep(APPEND_AGAIN_MS, this.#stopping).catch(() => undefined);\n",
      "        return false;\n",
      "an end that the broker did not take is stored later",
    ],
  ]),
];

/** One log for pauses and jobs, which discards its oldest records. */
export const CONTROL_LOG: readonly Mutation[] = inFile("src/flow/control-log/shared-log.ts", [
  ["      await readBack;\n", "", "whoever appended sees what it did"],
  [
    "setTimeout(resolve, READ_BACK_TIMEOUT_MS, undefined)",
    "setTimeout(resolve, 1e9, undefined)",
    "an append does not wait for ever for a log that cannot be read",
  ],
  ["    await this.#renew();\n", "", "what holds outlives the part of the log that it was written to"],
  ["this.#readBytes - RENEWED_AFTER_BYTES", "this.#readBytes", "an append does not write everything again"],
  ["    if (this.#isRenewing) return;\n", "", "what is renewed is written once"],
  ["    this.#isRenewing = false;\n", "", "it is renewed more than once"],
  ["    for (const user of this.#users.values()) user.caughtUp();\n", "", "jobs go on once the log is read"],
  [
    "    if (!this.#unreadableSeen) this.#onUnreadable();",
    "    this.#onUnreadable();",
    "one line is logged for many records that cannot be read",
  ],
  [
    "user?.read(record, this.#readBytes) !== true",
    "user === undefined",
    "a record that its user cannot read is reported",
  ],
  [
    "await Promise.allSettled(old.map",
    "await Promise.all(old.map",
    "an append that is stored does not fail over an old record",
  ],
]);
