import { PACK } from "./mistakes/pack.ts";
import { PUT } from "./mistakes/put.ts";
import { CONSUME } from "./mistakes/consume.ts";
import { DELIVER } from "./mistakes/deliver.ts";
import { DOMAIN } from "./mistakes/domain.ts";
import { FUNCTION_TESTS } from "./mistakes/function-tests.ts";
import { CONTROL_LOG, JOBS } from "./mistakes/jobs.ts";
import { INDEX, JOURNAL } from "./mistakes/journal.ts";
import { KEPT_SCHEDULES } from "./mistakes/kept-schedules.ts";
import { MADE } from "./mistakes/made.ts";
import { OPERATE } from "./mistakes/operate.ts";
import { RABBITMQ } from "./mistakes/rabbitmq.ts";
import { ROUTE } from "./mistakes/route.ts";
import { SCHEDULE } from "./mistakes/schedule.ts";
import { SQLITE } from "./mistakes/sqlite.ts";
import { STORE } from "./mistakes/store.ts";
import { STATUS } from "./mistakes/status.ts";
import { TAP } from "./mistakes/tap.ts";
import { TRACES } from "./mistakes/traces.ts";
import type { Mutation } from "./mutation.ts";

/** Tests that judge a mutation beside the unit tests, cheapest first. */
export type Stage = "simulation" | readonly string[];

export interface Area {
  readonly name: string;
  readonly mutations: readonly Mutation[];
  readonly stages: readonly Stage[];
}

const SQLITE_TESTS = ["test/contract/sqlite/broker.test.ts"];
const RABBITMQ_TESTS = [
  "test/contract/rabbitmq/broker.test.ts",
  "test/contract/rabbitmq/handover.test.ts",
  "test/contract/rabbitmq/refusals.test.ts",
  "test/contract/rabbitmq/log.test.ts",
  "test/contract/rabbitmq/faults.test.ts",
];
const STORE_TESTS = [
  "test/contract/sqlite/store.test.ts",
  "test/contract/secrets.test.ts",
  "test/contract/postgres/store-faults.test.ts",
];
const OPERATING_TESTS = ["test/integration/admin/redrive.test.ts", "test/integration/admin/admin-paused.test.ts"];

export const AREAS: readonly Area[] = [
  { name: "route", mutations: ROUTE, stages: ["simulation"] },
  { name: "put", mutations: PUT, stages: ["simulation"] },
  { name: "deliver", mutations: DELIVER, stages: ["simulation", SQLITE_TESTS] },
  { name: "consume and call", mutations: CONSUME, stages: ["simulation", SQLITE_TESTS] },
  { name: "pack", mutations: PACK, stages: ["simulation", ["test/contract/rabbitmq/packing.test.ts"]] },
  { name: "redrive, pause and explain", mutations: OPERATE, stages: ["simulation", OPERATING_TESTS] },
  { name: "jobs", mutations: JOBS, stages: [["test/integration/admin/jobs.test.ts"], ["test/e2e/jobs/jobs.test.ts"]] },
  { name: "control log", mutations: CONTROL_LOG, stages: [OPERATING_TESTS, ["test/integration/admin/jobs.test.ts"]] },
  { name: "router status", mutations: STATUS, stages: [] },
  {
    name: "function tests",
    mutations: FUNCTION_TESTS,
    stages: [SQLITE_TESTS, ["test/e2e/deliveries/function-test.test.ts"]],
  },
  { name: "schedules", mutations: SCHEDULE, stages: [["test/e2e/eventbridge/schedules.test.ts"]] },
  {
    name: "schedules of the store",
    mutations: KEPT_SCHEDULES,
    stages: [["test/simulation/schedules/schedule-simulation.test.ts"], ["test/e2e/eventbridge/scheduler-api.test.ts"]],
  },
  { name: "journal", mutations: JOURNAL, stages: [["test/e2e/observe/journal.test.ts"]] },
  { name: "journal's index", mutations: INDEX, stages: [["test/e2e/observe/journal.test.ts"]] },
  { name: "live tail", mutations: TAP, stages: [["test/integration/admin/admin-tail.test.ts"]] },
  { name: "traces", mutations: TRACES, stages: [] },
  { name: "domain", mutations: DOMAIN, stages: ["simulation", SQLITE_TESTS] },
  { name: "sqlite", mutations: SQLITE, stages: [SQLITE_TESTS] },
  {
    name: "made over the API",
    mutations: MADE,
    stages: ["simulation", ["test/e2e/eventbridge/rules-over-the-api.test.ts"]],
  },
  { name: "store", mutations: STORE, stages: [STORE_TESTS] },
  { name: "rabbitmq", mutations: RABBITMQ, stages: ["simulation", RABBITMQ_TESTS] },
];
