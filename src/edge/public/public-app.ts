import type { RequestListener } from "node:http";
import express from "express";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Limits } from "../../domain/limits.ts";
import type { PutEntries } from "../../ports/put.ts";
import type { TakeTurn } from "../aws/entrance.ts";
import { awsEntrance } from "../aws/entrance.ts";
import { awsServices } from "../aws/services/services.ts";
import { cloudEventsHandler } from "../cloudevents/handler.ts";
import type { ReportFault } from "../http/answer.ts";
import { answerRefusalAsProblem, notFound, problemHandler, withLastWord } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import type { BodyRooms } from "../http/proven-body.ts";
import type { AnswerRefusal } from "../http/refuse-unread.ts";
import { refuseForeign, refuseWhileFull } from "../http/refuse-unread.ts";

export interface PublicAppOptions {
  readonly putEntries: PutEntries;
  readonly config: () => Config;
  readonly identity: Identity;
  /** The memory that request bodies are read into. */
  readonly rooms: BodyRooms;
  readonly limits: Pick<Limits, "entries">;
  readonly authenticator: Authenticator;
  /** Whether the share of a principal or address has room for another request. */
  readonly hasRoom: (share: string) => boolean;
  readonly takeTurn: TakeTurn;
  readonly report: ReportFault;
}

/**
 * The public port: the AWS APIs at `POST /`, CloudEvents at `POST /events` and `/event-buses/NAME/events`. Each route
 * reads its body itself: there is no parser chain, since PutEvents is the router's busiest path.
 */
export function createPublicApp(options: PublicAppOptions): RequestListener {
  const { putEntries, config, identity, rooms, limits, authenticator, hasRoom, takeTurn, report } = options;
  const { entries } = limits;
  const services = awsServices({ putEntries, entries, config, identity });
  const aws = awsEntrance(services, { rooms, authenticator, takeTurn, report });
  const cloudEvents = cloudEventsHandler({ putEntries, rooms, entries, authenticator, identity });
  const app = express();
  app.disable("x-powered-by");
  app.post("/", aws.handle);
  app.post("/events", cloudEvents);
  app.post("/event-buses/:bus/events", cloudEvents);
  app.use(notFound);
  app.use(problemHandler(report));

  const answerRefusal: AnswerRefusal = (request, response, refusal) => {
    const answer = aws.serves(request.url ?? "") ? aws.answerRefusal : answerRefusalAsProblem;
    answer(request, response, refusal);
  };
  const routed = withLastWord(app, report);
  const admitted = refuseWhileFull((request) => hasRoom(authenticator.likelyShare(request)), answerRefusal, routed);
  return refuseForeign(authenticator, answerRefusal, admitted);
}
