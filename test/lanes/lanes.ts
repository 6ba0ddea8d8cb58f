import { availableParallelism } from "node:os";
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { ROOT } from "../support/router/checkout.ts";
import { check, tests, type Job } from "./job.ts";

/** Jobs that run side by side, so many at a time, in this order. */
export interface Lane {
  readonly name: LaneName;
  readonly width: number;
  readonly needsRabbitMq: boolean;
  /** It begins when these, which stand before it, have ended. */
  readonly after?: readonly LaneName[];
  /** One job more runs at a time once these, which stand before it, have ended: its jobs wait for servers more than they compute. */
  readonly widerAfter?: readonly LaneName[];
  /** Its jobs compute when the others wait. */
  readonly isInBackground?: true;
  readonly jobs: readonly Job[];
}

export type LaneName = "checks" | "unit" | "servers" | "alone";

/** They compare times with each other, so nothing runs beside them. */
const ALONE = [
  "test/e2e/console/console-live-load.test.ts",
  "test/e2e/hostile/hostile-pace.test.ts",
  "test/e2e/hostile/hostile-traffic.test.ts",
  "test/e2e/deliveries/isolation.test.ts",
  "test/e2e/deliveries/rate-limit.test.ts",
];

/** They take longest, so they begin first, after the faults. */
const LONG = [
  "test/contract/rabbitmq/faults.test.ts",
  "test/contract/rabbitmq/log.test.ts",
  "test/contract/rabbitmq/broker.test.ts",
  "test/e2e/jobs/redrive.test.ts",
];

/** What computes and needs no server. A test file of any other folder runs with the servers. */
const PURE = ["test/unit/", "test/simulation/", "test/fuzz/"];

/** Files that take a second or two, most of it for what they import: those of one folder share a process. */
const SHORT = "test/integration/";

/** They match hostile events of a MiB, for ten seconds each: not among what is run after each change. */
const HOSTILE = ["test/unit/pattern/engine/lists.test.ts", "test/unit/pattern/engine/rule-engine-json.test.ts"];
const HOSTILE_CPU_SECONDS_MAX = 30;

/** What the other unit tests may take together, so that they stay quick enough to be run after each change. */
const UNIT_CPU_SECONDS_MAX = 105;

/** What a later run may use again. */
export const CACHE = "node_modules/.cache/busbar";

const files = globSync("test/**/*.test.ts", { cwd: ROOT }).sort();
const inFolder = (folder: string): string[] => files.filter((file) => file.startsWith(folder));
const eachByItself = (some: readonly string[]): Job[] => some.map((file) => tests(file, [file]));
const eachFolder = (some: readonly string[]): Job[] =>
  [...Map.groupBy(some, dirname)].map(([folder, inIt]) => tests(folder, inIt));
const units = inFolder("test/unit/").filter((file) => !HOSTILE.includes(file));
const others = files.filter(
  (file) => ![...ALONE, ...LONG].includes(file) && ![...PURE, SHORT].some((folder) => file.startsWith(folder)),
);

/** Every check and test, in lanes that run side by side but for those that wait for others. */
export const LANES: readonly Lane[] = [
  {
    name: "checks",
    width: 1,
    needsRabbitMq: false,
    isInBackground: true,
    jobs: [
      check("types", "node_modules/typescript/bin/tsc", "--incremental", "--tsBuildInfoFile", `${CACHE}/types`),
      check("types of the page", "node_modules/typescript/bin/tsc", "--noEmit", "-p", "console"),
      check("lint", "node_modules/eslint/bin/eslint.js", "--cache", "--cache-location", `${CACHE}/lint`, "."),
      check("format", "node_modules/prettier/bin/prettier.cjs", "--log-level=warn", "--check", "."),
    ],
  },
  {
    name: "unit",
    width: 1,
    needsRabbitMq: false,
    jobs: [
      tests("unit", units, { cpuSecondsMax: UNIT_CPU_SECONDS_MAX }),
      tests("hostile events", HOSTILE, { cpuSecondsMax: HOSTILE_CPU_SECONDS_MAX }),
      ...eachByItself(PURE.slice(1).flatMap(inFolder)),
    ],
  },
  {
    name: "servers",
    width: availableParallelism(),
    needsRabbitMq: true,
    widerAfter: ["checks", "unit"],
    jobs: [
      check("faults", "bench/faults/main.ts", "--ci"),
      ...eachByItself([...LONG, ...others]),
      ...eachFolder(inFolder(SHORT)),
    ],
  },
  {
    name: "alone",
    width: 1,
    needsRabbitMq: true,
    after: ["checks", "unit", "servers"],
    jobs: eachByItself(ALONE),
  },
];
