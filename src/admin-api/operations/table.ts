import { z } from "zod";
import { meAnswer } from "../me.ts";
import { CONFIGURATION_OPERATIONS } from "./configuration.ts";
import { DEAD_LETTER_OPERATIONS } from "./dead-letters.ts";
import { EVENT_OPERATIONS } from "./events.ts";
import { FUNCTION_OPERATIONS } from "./functions.ts";
import { HISTORY_OPERATIONS } from "./history.ts";
import type { AdminOperation } from "./operation.ts";
import { JOB_OPERATIONS } from "./jobs.ts";
import { operations } from "./operation.ts";
import { REPLAY_OPERATIONS } from "./replays.ts";
import { QUEUE_OPERATIONS } from "./queues.ts";
import { ROUTER_OPERATIONS } from "./routers.ts";
import { RULE_CHANGE_OPERATIONS } from "./rule-changes.ts";

/** What each server says of itself and of its caller. */
export const SERVER_OPERATIONS = operations({
  getMe: {
    method: "GET",
    path: "/me",
    summary: "Who the caller is, and what it may do.",
    guard: "known callers",
    servedBy: "each",
    answer: meAnswer,
  },
  describeApi: {
    method: "GET",
    path: "/openapi.json",
    summary: "This description of the API (OpenAPI 3.1).",
    guard: "known callers",
    servedBy: "each",
    answer: z.record(z.string(), z.unknown()),
  },
});

/** Every operation below `API_PATH`, by name: the routes, the clients and the description are made from it. */
export const OPERATIONS = {
  ...SERVER_OPERATIONS,
  ...QUEUE_OPERATIONS,
  ...DEAD_LETTER_OPERATIONS,
  ...JOB_OPERATIONS,
  ...REPLAY_OPERATIONS,
  ...CONFIGURATION_OPERATIONS,
  ...RULE_CHANGE_OPERATIONS,
  ...ROUTER_OPERATIONS,
  ...EVENT_OPERATIONS,
  ...FUNCTION_OPERATIONS,
  ...HISTORY_OPERATIONS,
} as const satisfies Readonly<Record<string, AdminOperation>>;
