import type { RequestListener } from "node:http";
import express from "express";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Ingest } from "../../ports/put.ts";
import type { Limits } from "../../domain/limits.ts";
import type { ReportFault } from "../http/answer.ts";
import { notFound, problemHandler, withLastWord } from "../http/answer.ts";
import { awsJsonHandler } from "../aws/protocol/handler.ts";
import type { TakeTurn } from "../aws/services/events/operations.ts";
import { awsOperations } from "../aws/services/events/operations.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { turnAwayUnless } from "../http/busy.ts";
import { cloudEventsHandler } from "../cloudevents/handler.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import { refuseForeign } from "../http/refuse-foreign.ts";

export interface PublicAppDeps {
  readonly ingest: Ingest;
  readonly config: () => Config;
  readonly identity: Identity;
  /** Where request bodies are held. */
  readonly rooms: BodyRooms;
  readonly limits: Pick<Limits, "entries">;
  /** Asks who calls. */
  readonly authenticator: Authenticator;
  /** Whether another request of somebody's is worth reading. */
  readonly hasRoom: (share: string) => boolean;
  readonly takeTurn: TakeTurn;
  readonly report: ReportFault;
}

/**
 * The public port: the EventBridge API at `POST /`, CloudEvents at `POST /events` and `/event-buses/NAME/events`.
 * Each route reads its body itself: there is no parser chain, since PutEvents is the router's busiest path.
 */
export function createPublicApp(deps: PublicAppDeps): RequestListener {
  const { ingest, config, identity, rooms, limits, authenticator, hasRoom, takeTurn, report } = deps;
  const app = express();
  app.disable("x-powered-by");
  const operations = awsOperations(ingest, limits.entries, { config, identity }, takeTurn);
  app.post("/", awsJsonHandler(operations, { rooms, authenticator, report }));
  const cloudEvents = cloudEventsHandler({ ingest, rooms, entries: limits.entries, authenticator, identity });
  app.post("/events", cloudEvents);
  app.post("/event-buses/:bus/events", cloudEvents);
  app.use(notFound);
  app.use(problemHandler(report));
  const admitted = turnAwayUnless((request) => hasRoom(authenticator.likelyShare(request)), withLastWord(app, report));
  return refuseForeign(authenticator, admitted);
}
