import { randomUUID } from "node:crypto";
import type { RequestListener } from "node:http";
import express, { Router } from "express";
import helmet from "helmet";
import { API_PATH } from "../../admin-api/operations/operation.ts";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { Job } from "../../domain/job/job.ts";
import type { ArchiveContents } from "../../ports/archives.ts";
import type { BrokerState } from "../../ports/broker/broker.ts";
import type { DeadLetters } from "../../ports/admin/dead-letters.ts";
import type { JobControl } from "../../ports/admin/jobs.ts";
import type { BlockedKeyControl } from "../../ports/admin/blocked-keys.ts";
import type { PauseControl } from "../../ports/admin/pauses.ts";
import type { Inspector } from "../../ports/broker/inspector.ts";
import type { FunctionLines } from "../../ports/functions/function-logs.ts";
import type { FunctionTests } from "../../ports/admin/function-tests.ts";
import type { ReplayCounts } from "../../ports/admin/replays.ts";
import type { MappingStatuses } from "../../ports/admin/mappings.ts";
import type { MessageQueues } from "../../ports/message-queues.ts";
import type { Routers } from "../../ports/admin/routers.ts";
import type { Schedules } from "../../ports/admin/schedules.ts";
import type { LiveTail } from "../../ports/admin/tail.ts";
import type { ReportFault } from "../http/answer.ts";
import { answerRefusalAsProblem, notFound, problemHandler, withLastWord } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { HttpProblem } from "../http/errors.ts";
import { refuseForeign } from "../http/refuse-unread.ts";
import { archivesRouter } from "./configuration/archives-router.ts";
import { connectionsRouter } from "./configuration/connections-router.ts";
import { deadLettersRouter } from "./queues/dead-letters-router.ts";
import type { Explain } from "./events/explain-router.ts";
import { explainRouter } from "./events/explain-router.ts";
import { functionLinesRouter } from "./destinations/function-lines-router.ts";
import { functionTestsRouter } from "./destinations/function-tests-router.ts";
import { messagesRouter } from "./queues/messages-router.ts";
import { movesRouter } from "./queues/moves-router.ts";
import { jobsRouter } from "./queues/jobs-router.ts";
import { mappingsRouter } from "./configuration/mappings-router.ts";
import { notInForceRouter } from "./configuration/not-in-force-router.ts";
import { blockedKeysRouter } from "./destinations/blocked-keys-router.ts";
import { pausedRouter } from "./destinations/paused-router.ts";
import type { ProbesOptions } from "./probes-router.ts";
import { probesRouter } from "./probes-router.ts";
import { destinationsRouter } from "./destinations/destinations-router.ts";
import { configurationsRouter } from "./configuration/configurations-router.ts";
import { ownConfigurations } from "./configuration/own-configurations.ts";
import { queuesRouter } from "./queues/queues-router.ts";
import type { Render } from "./events/render-router.ts";
import { renderRouter } from "./events/render-router.ts";
import type { ArchivedEvents } from "../../ports/admin/archived-events.ts";
import { archivedEventsRouter } from "./replays/archived-events-router.ts";
import { replaysRouter } from "./replays/replays-router.ts";
import { routersRouter } from "./configuration/routers-router.ts";
import { rulesRouter } from "./configuration/rules-router.ts";
import { schedulesRouter } from "./configuration/schedules-router.ts";
import { serverRouter } from "./server-router.ts";
import { tailRouter } from "./events/tail-router.ts";
import { askWith, mayWith } from "./request.ts";

/** A router that has not reached its broker yet. The admin port listens all the same, for the probes (ADR 11). */
export interface Starting {
  readonly state: "starting";
}

/** A router with everything that operators read and change. */
export interface Running {
  readonly state: "running";
  readonly broker: Inspector & { readonly state: BrokerState };
  readonly pauses: PauseControl;
  readonly blockedKeys: BlockedKeyControl;
  readonly deadLetters: DeadLetters;
  readonly jobs: JobControl;
  readonly replayCounts: ReplayCounts;
  readonly archivedEvents: ArchivedEvents;
  readonly tail: LiveTail;
  readonly functionTests: FunctionTests;
  readonly functionLines: FunctionLines;
  readonly routers: Routers;
  readonly schedules: Schedules;
  readonly archives: ArchiveContents;
  readonly mappings: MappingStatuses;
  readonly queues: MessageQueues;
}

export interface AdminAppOptions extends ProbesOptions {
  readonly router: () => Starting | Running;
  readonly config: () => Config;
  readonly explain: Explain;
  readonly render: Render;
  readonly authenticator: Authenticator;
  readonly identity: Identity;
  /** Busbar's. */
  readonly version: string;
  readonly report: ReportFault;
}

/** The admin port: metrics, probes, and the API of operators. It is not for the public. */
export function createAdminApp(options: AdminAppOptions): RequestListener {
  const { authenticator, report } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(helmet());
  app.use(probesRouter(options));
  app.use(API_PATH, adminRoutes(options));
  app.use(notFound);
  app.use(problemHandler(report));
  return refuseForeign(authenticator, answerRefusalAsProblem, withLastWord(app, report));
}

/** The operations that a router has, below `API_PATH`. */
export function adminRoutes(options: AdminAppOptions): Router {
  const { router, config, explain, authenticator, identity, report, version } = options;
  const may = mayWith(authenticator, identity, version);
  const ask = askWith(report);
  const running = (): Running => runningOrRefuse(router());
  const connected = (): Running => connectedOrRefuse(running());
  const inspector = (): Inspector => connected().broker;

  const deadLetters = (): DeadLetters => connected().deadLetters;

  const routes = Router();
  routes.use(serverRouter({ server: "router", version, readOnly: false, identity, may }));
  routes.use(pausedRouter({ pauses: () => running().pauses, config, may }));
  routes.use(blockedKeysRouter({ blockedKeys: () => running().blockedKeys, may }));
  const queues = (): MessageQueues => connected().queues;
  const queueJobs = { jobs: () => connected().jobs, queues, config };
  routes.use(deadLettersRouter({ ...queueJobs, deadLetters, inspector, may, ask }));
  routes.use(jobsRouter({ jobs: () => running().jobs, identity, may }));
  routes.use(
    replaysRouter({
      jobs: () => connected().jobs,
      replayCounts: () => connected().replayCounts,
      config,
      may,
      ask,
    }),
  );
  routes.use(archivedEventsRouter({ archivedEvents: () => connected().archivedEvents, config, identity, may, ask }));
  routes.use(explainRouter({ explain, identity, may }));
  routes.use(renderRouter({ render: options.render, may }));
  routes.use(rulesRouter({ config, jobs: () => jobsOf(router()), may }));
  routes.use(schedulesRouter({ schedules: () => running().schedules, config, may }));
  routes.use(archivesRouter({ archives: () => running().archives, config, may }));
  routes.use(mappingsRouter({ mappings: () => running().mappings, config, may }));
  routes.use(destinationsRouter({ pauses: () => running().pauses, config, identity, may }));
  routes.use(notInForceRouter({ config, may }));
  routes.use(connectionsRouter({ config, identity, may }));
  routes.use(functionTestsRouter({ router: connected, config, may }));
  routes.use(functionLinesRouter({ functionLines: () => connected().functionLines, config, may, ask }));
  routes.use(routersRouter({ routers: () => running().routers, may }));
  routes.use(configurationsRouter({ known: () => ownConfigurations(config(), running().routers), may }));
  routes.use(tailRouter({ tail: () => connected().tail, config, identity, may }));
  routes.use(queuesRouter({ inspector, queues, config, may, ask }));
  routes.use(movesRouter({ ...queueJobs, identity, may }));
  routes.use(messagesRouter({ inspector, queues, config, nowMs: Date.now, newId: randomUUID, may, ask }));
  return routes;
}

function runningOrRefuse(router: Starting | Running): Running {
  if (router.state === "running") return router;
  throw new HttpProblem(503, "the router is starting: it waits for the broker", { retryAfterSeconds: 1 });
}

/** None is known before the router runs. */
function jobsOf(router: Starting | Running): readonly Job[] {
  return router.state === "running" ? router.jobs.list() : [];
}

function connectedOrRefuse(router: Running): Running {
  if (router.broker.state !== "disconnected") return router;
  throw new HttpProblem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
}
