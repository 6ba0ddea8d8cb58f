import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import express from "express";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Limits } from "../../domain/limits.ts";
import type { JobControl } from "../../ports/admin/jobs.ts";
import type { MappingStatuses } from "../../ports/admin/mappings.ts";
import type { ArchiveContents } from "../../ports/archives.ts";
import type { FunctionCalls } from "../../ports/functions/function-calls.ts";
import type { FunctionLines } from "../../ports/functions/function-logs.ts";
import type { MessageQueues } from "../../ports/message-queues.ts";
import type { QueueDeletions } from "../../ports/queue-deletions.ts";
import type { MadeChanges } from "../../ports/made.ts";
import type { MadeChecks } from "../../ports/made-checks.ts";
import type { Sealing } from "../../ports/store/sealing.ts";
import type { PutEntries } from "../../ports/put.ts";
import type { ScheduleBook } from "../../ports/schedule-book.ts";
import type { Traces } from "../../ports/traces.ts";
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
  readonly changes: MadeChanges;
  readonly checks: MadeChecks;
  readonly archives: ArchiveContents;
  readonly schedules: ScheduleBook;
  readonly jobs: JobControl;
  readonly queues: MessageQueues;
  readonly deletions: QueueDeletions;
  readonly mappings: MappingStatuses;
  readonly sealing: Pick<Sealing, "seal" | "open">;
  readonly authorizeConnection: (name: string) => void;
  readonly functionCalls: FunctionCalls;
  readonly functionUrlOrigin: string;
  readonly functionLines: FunctionLines;
  /** How long a line of another router may be on its way here; 0 where there is no other. */
  readonly linesLateMs: number;
  readonly identity: Identity;
  /** The memory that request bodies are read into. */
  readonly rooms: BodyRooms;
  readonly limits: Pick<Limits, "entries">;
  readonly authenticator: Authenticator;
  readonly traces: Traces;
  /** Whether the share of a principal or address has room for another request. */
  readonly hasRoom: (share: string) => boolean;
  readonly takeTurn: TakeTurn;
  readonly report: ReportFault;
}

/**
 * The public port: the AWS APIs at `POST /`, at the paths of those that speak REST and at those of queues, CloudEvents at `POST /events` and `/event-buses/NAME/events`. Each route
 * reads its body itself: there is no parser chain, since PutEvents is the router's busiest path.
 */
export function createPublicApp(options: PublicAppOptions): RequestListener {
  const { putEntries, config, identity, rooms, limits, authenticator, traces, hasRoom, takeTurn, report } = options;
  const { entries } = limits;
  const services = awsServices({ ...options, entries, nowMs: Date.now, newId: randomUUID });
  const aws = awsEntrance(services, { rooms, authenticator, takeTurn, report });
  const cloudEvents = cloudEventsHandler({ putEntries, rooms, entries, authenticator, identity, config, traces });
  const app = express();
  app.disable("x-powered-by");
  app.post("/", aws.handle);
  app.post("/events", cloudEvents);
  app.post("/event-buses/:bus/events", cloudEvents);
  app.use((request, response, next) => {
    if (aws.serves(request)) return aws.handle(request, response);
    return next();
  });
  app.use(notFound);
  app.use(problemHandler(report));

  const answerRefusal: AnswerRefusal = (request, response, refusal) => {
    const answer = aws.serves(request) ? aws.answerRefusal : answerRefusalAsProblem;
    answer(request, response, refusal);
  };
  const routed = withLastWord(app, report);
  const admitted = refuseWhileFull((request) => hasRoom(authenticator.likelyShare(request)), answerRefusal, routed);
  return refuseForeign(authenticator, answerRefusal, admitted);
}
