import { z } from "zod";
import { routerStatus } from "../../domain/status/router-status.ts";

/** A router as the one that answers knows it. All times are epoch milliseconds. */
const listedRouter = routerStatus.extend({
  /** When its last status came. */
  seenAtMs: z.number(),
  /** Whether nothing came of it for 30 s. It is left out after 10 minutes. */
  silent: z.boolean(),
});
export type ListedRouter = z.infer<typeof listedRouter>;

/** The routers at the broker, by their ids. */
export const routerListAnswer = z.object({
  /** Of the router that answers. */
  nowMs: z.number(),
  routers: z.array(listedRouter).readonly(),
});
export type RouterListAnswer = z.infer<typeof routerListAnswer>;

const routerStep = z.object({
  atMs: z.number(),
  accepted: z.number(),
  matched: z.number(),
  unmatched: z.number(),
  delivered: z.number(),
  failing: z.number(),
});

/** What went on at all routers in the last hour, in steps of 10 s. Steps in which nothing was heard are left out. */
export const routerHistoryAnswer = z.object({ stepMs: z.number(), steps: z.array(routerStep).readonly() });
export type RouterHistoryAnswer = z.infer<typeof routerHistoryAnswer>;
