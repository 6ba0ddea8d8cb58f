import type { RequestListener } from "node:http";
import express from "express";
import helmet from "helmet";
import type { Identity } from "../../domain/arn.ts";
import type { Config } from "../../domain/config.ts";
import type { BrokerState } from "../../ports/broker.ts";
import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { PauseControl } from "../../ports/pauses.ts";
import type { Inspector } from "../../ports/inspector.ts";
import type { LiveTail } from "../../ports/tail.ts";
import type { ReportFault } from "../http/answer.ts";
import { answerRefusalAsProblem, notFound, problemHandler, withLastWord } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { HttpProblem } from "../http/errors.ts";
import { refuseForeign } from "../http/refuse-unread.ts";
import { deadLettersRouter } from "./dead-letters-router.ts";
import type { Explain } from "./explain-router.ts";
import { explainRouter } from "./explain-router.ts";
import { pausedRouter } from "./paused-router.ts";
import type { ProbesOptions } from "./probes-router.ts";
import { probesRouter } from "./probes-router.ts";
import { destinationsRouter } from "./destinations-router.ts";
import { queuesRouter } from "./queues-router.ts";
import { rulesRouter } from "./rules-router.ts";
import { tailRouter } from "./tail-router.ts";
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
  readonly deadLetters: DeadLetters;
  readonly tail: LiveTail;
}

export interface AdminAppOptions extends ProbesOptions {
  readonly router: () => Starting | Running;
  readonly config: () => Config;
  readonly explain: Explain;
  readonly authenticator: Authenticator;
  readonly identity: Identity;
  /** Busbar's. */
  readonly version: string;
  readonly report: ReportFault;
}

/** The admin port: metrics, probes, and the API of operators. It is not for the public. */
export function createAdminApp(options: AdminAppOptions): RequestListener {
  const { router, config, explain, authenticator, identity, report } = options;
  const may = mayWith(authenticator, identity, options.version);
  const ask = askWith(report);
  const running = (): Running => runningOrRefuse(router());
  const connected = (): Running => connectedOrRefuse(running());
  const inspector = (): Inspector => connected().broker;

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(helmet());
  app.use(probesRouter(options));
  app.use("/api/v1/paused", pausedRouter({ pauses: () => running().pauses, config, may }));
  const deadLetters = (): DeadLetters => connected().deadLetters;
  app.use("/api/v1/dead-letters", deadLettersRouter({ deadLetters, inspector, config, may, ask, report }));
  app.use("/api/v1/explain", explainRouter({ explain, identity, may }));
  app.use("/api/v1/rules", rulesRouter({ config, may }));
  app.use("/api/v1/destinations", destinationsRouter({ pauses: () => running().pauses, config, may }));
  app.use("/api/v1/tail", tailRouter({ tail: () => connected().tail, config, identity, may }));
  app.use("/api/v1/queues", queuesRouter({ inspector, config, may, ask }));
  app.use(notFound);
  app.use(problemHandler(report));
  return refuseForeign(authenticator, answerRefusalAsProblem, withLastWord(app, report));
}

function runningOrRefuse(router: Starting | Running): Running {
  if (router.state === "running") return router;
  throw new HttpProblem(503, "the router is starting: it waits for the broker", { retryAfterSeconds: 1 });
}

function connectedOrRefuse(router: Running): Running {
  if (router.broker.state !== "disconnected") return router;
  throw new HttpProblem(503, "the broker is disconnected", { retryAfterSeconds: 1 });
}
