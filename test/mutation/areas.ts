import { PACK } from "./mistakes/pack.ts";
import { PUT } from "./mistakes/put.ts";
import { CONSUME } from "./mistakes/consume.ts";
import { DELIVER } from "./mistakes/deliver.ts";
import { DOMAIN } from "./mistakes/domain.ts";
import { OPERATE } from "./mistakes/operate.ts";
import { RABBITMQ } from "./mistakes/rabbitmq.ts";
import { ROUTE } from "./mistakes/route.ts";
import { SQLITE } from "./mistakes/sqlite.ts";
import { TAP } from "./mistakes/tap.ts";
import type { Mutation } from "./mutation.ts";

/** Tests that judge a mutation beside the unit tests, cheapest first. */
export type Stage = "simulation" | readonly string[];

export interface Area {
  readonly name: string;
  readonly mutations: readonly Mutation[];
  readonly stages: readonly Stage[];
}

const SQLITE_TESTS = ["test/contract/sqlite.test.ts"];
const RABBITMQ_TESTS = [
  "test/contract/rabbitmq.test.ts",
  "test/contract/rabbitmq-handover.test.ts",
  "test/contract/rabbitmq-refusals.test.ts",
  "test/contract/rabbitmq-log.test.ts",
  "test/contract/rabbitmq-faults.test.ts",
];
const OPERATING_TESTS = ["test/integration/redrive.test.ts", "test/integration/admin-paused.test.ts"];

export const AREAS: readonly Area[] = [
  { name: "route", mutations: ROUTE, stages: ["simulation"] },
  { name: "put", mutations: PUT, stages: ["simulation"] },
  { name: "deliver", mutations: DELIVER, stages: ["simulation", SQLITE_TESTS] },
  { name: "consume and call", mutations: CONSUME, stages: ["simulation", SQLITE_TESTS] },
  { name: "pack", mutations: PACK, stages: ["simulation", ["test/contract/packing.test.ts"]] },
  { name: "redrive, pause and explain", mutations: OPERATE, stages: ["simulation", OPERATING_TESTS] },
  { name: "live tail", mutations: TAP, stages: [["test/integration/admin-tail.test.ts"]] },
  { name: "domain", mutations: DOMAIN, stages: ["simulation", SQLITE_TESTS] },
  { name: "sqlite", mutations: SQLITE, stages: [SQLITE_TESTS] },
  { name: "rabbitmq", mutations: RABBITMQ, stages: ["simulation", RABBITMQ_TESTS] },
];
