import { configurationAnswer, configurationListAnswer } from "../configuration/configurations.ts";
import { routerHistoryAnswer, routerListAnswer } from "../configuration/routers.ts";
import { operations } from "./operation.ts";

const ROUTERS = { action: "busbar:ListRouters", on: "everything" } as const;

/** The routers at the broker, and which configurations they run. */
export const ROUTER_OPERATIONS = operations({
  listRouters: {
    method: "GET",
    path: "/routers",
    summary: "The routers at the broker, what each runs and how it is.",
    guard: ROUTERS,
    servedBy: "router",
    answer: routerListAnswer,
  },
  getRouterHistory: {
    method: "GET",
    path: "/routers/history",
    summary: "What went on at all routers in the last hour, in steps of 10 s.",
    guard: ROUTERS,
    servedBy: "router",
    answer: routerHistoryAnswer,
  },
  listConfigurations: {
    method: "GET",
    path: "/configurations",
    summary: "Configurations by their digests: a router has those in force now, a console those of the past too.",
    guard: { action: "busbar:ListConfigurations", on: "everything" },
    servedBy: "each",
    answer: configurationListAnswer,
  },
  getConfiguration: {
    method: "GET",
    path: "/configurations/{digest}",
    summary:
      "What a configuration's files say, without secrets: a router has its own, a console those of the past too.",
    guard: { action: "busbar:GetConfiguration", on: "everything" },
    servedBy: "each",
    answer: configurationAnswer,
    refusals: [404],
  },
});
