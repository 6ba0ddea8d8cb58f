import { availableParallelism } from "node:os";
import { globSync } from "node:fs";
import { ROOT } from "../support/command-line.ts";
import { check, tests, type Job } from "./job.ts";

/** Jobs that run side by side, so many at a time, in this order. */
export interface Lane {
  readonly name: LaneName;
  readonly width: number;
  readonly needsRabbitMq: boolean;
  readonly jobs: readonly Job[];
}

export type LaneName = "checks" | "unit" | "servers" | "faults" | "alone";

/** They compare times with each other, so nothing runs beside them. */
const ALONE = [
  "test/e2e/hostile-pace.test.ts",
  "test/e2e/hostile-traffic.test.ts",
  "test/e2e/isolation.test.ts",
  "test/e2e/rate-limit.test.ts",
];

/** They take longest, so they begin first. */
const LONG = [
  "test/contract/rabbitmq-faults.test.ts",
  "test/contract/rabbitmq-log.test.ts",
  "test/contract/rabbitmq.test.ts",
  "test/e2e/redrive.test.ts",
];

/** What computes and needs no server. A test file of any other folder runs with the servers. */
const PURE = ["test/unit/", "test/simulation/", "test/fuzz/"];

/** What the unit tests may take together, so that they stay quick enough to be run after each change. */
const UNIT_CPU_SECONDS_MAX = 90;

/** What a later run may use again. */
export const CACHE = "node_modules/.cache/busbar";

const files = globSync("test/**/*.test.ts", { cwd: ROOT }).sort();
const inFolder = (folder: string): string[] => files.filter((file) => file.startsWith(folder));
const eachByItself = (some: readonly string[]): Job[] => some.map((file) => tests(file, [file]));
const others = files.filter(
  (file) => ![...ALONE, ...LONG].includes(file) && !PURE.some((folder) => file.startsWith(folder)),
);

/** Every check and test, in lanes that run side by side; only `alone` waits for all others. */
export const LANES: readonly Lane[] = [
  {
    name: "checks",
    width: 1,
    needsRabbitMq: false,
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
      tests("unit", inFolder("test/unit/"), { cpuSecondsMax: UNIT_CPU_SECONDS_MAX }),
      ...eachByItself(PURE.slice(1).flatMap(inFolder)),
    ],
  },
  { name: "servers", width: availableParallelism(), needsRabbitMq: true, jobs: eachByItself([...LONG, ...others]) },
  { name: "faults", width: 1, needsRabbitMq: true, jobs: [check("faults", "bench/faults/main.ts", "--ci")] },
  { name: "alone", width: 1, needsRabbitMq: true, jobs: eachByItself(ALONE) },
];
