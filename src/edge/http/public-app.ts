import type { RequestListener } from "node:http";
import express from "express";
import type { Identity } from "../../core/arn.ts";
import type { Config } from "../../core/config.ts";
import type { Ingest } from "../../core/ingest.ts";
import type { Limits } from "../../core/limits.ts";
import type { ReportFault } from "./answer.ts";
import { notFound, problemHandler, withLastWord } from "./answer.ts";
import { awsJsonHandler } from "./aws-json/handler.ts";
import { awsOperations } from "./aws-json/operations.ts";
import type { Door } from "./auth/door.ts";
import type { ByteBudget } from "./body.ts";
import { turnAwayUnless } from "./busy.ts";
import { cloudEventsHandler } from "./cloudevents/handler.ts";
import { refuseForeign } from "./refuse-foreign.ts";

export interface PublicAppDeps {
  readonly ingest: Ingest;
  readonly config: () => Config;
  readonly identity: Identity;
  /** Pays for request bodies while they are held. */
  readonly budget: ByteBudget;
  readonly limits: Pick<Limits, "body" | "entries">;
  /** Asks who calls. */
  readonly door: Door;
  /** Whether another request is worth reading. */
  readonly hasRoom: () => boolean;
  readonly report: ReportFault;
}

/**
 * The public port: the EventBridge API at `POST /`, CloudEvents at `POST /events` and `/event-buses/NAME/events`.
 * Each route reads its body itself: there is no parser chain, since PutEvents is the router's busiest path.
 */
export function createPublicApp(deps: PublicAppDeps): RequestListener {
  const { ingest, config, identity, budget, limits, door, hasRoom, report } = deps;
  const app = express();
  app.disable("x-powered-by");
  const bodies = { limit: limits.body, budget };
  app.post("/", awsJsonHandler(awsOperations(ingest, limits.entries, { config, identity }), { bodies, door, report }));
  const cloudEvents = cloudEventsHandler({ ingest, bodies, entries: limits.entries, door, identity });
  app.post("/events", cloudEvents);
  app.post("/event-buses/:bus/events", cloudEvents);
  app.use(notFound);
  app.use(problemHandler(report));
  return refuseForeign(door, turnAwayUnless(hasRoom, withLastWord(app, report)));
}
