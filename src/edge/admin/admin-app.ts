import type { RequestListener } from "node:http";
import express from "express";
import helmet from "helmet";
import type { Identity } from "../../domain/arn.ts";
import type { BrokerState } from "../../ports/broker.ts";
import type { Inspector } from "../../ports/inspector.ts";
import type { Config } from "../../domain/config.ts";
import type { DeadLetters } from "../../ports/dead-letters.ts";
import type { PauseControl } from "../../ports/pauses.ts";
import type { ReportFault } from "../http/answer.ts";
import type { Authenticator } from "../http/auth/authenticator.ts";
import { answerJson, notFound, problemHandler, withLastWord } from "../http/answer.ts";
import { refuseForeign } from "../http/refuse-foreign.ts";
import { deadLettersRouter } from "./dead-letters-router.ts";
import { mayWith } from "./may.ts";
import type { Explain } from "./explain-router.ts";
import { explainRouter } from "./explain-router.ts";
import { pausedRouter } from "./paused-router.ts";
import { queuesRouter } from "./queues-router.ts";

/** The queues as people see them. */
export type QueuesBroker = Inspector & { readonly state: BrokerState };

export interface AdminAppDeps {
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
  readonly readiness: () => { readonly ready: boolean; readonly reason?: string };
  /** Undefined until the first connection is made. */
  readonly broker: () => QueuesBroker | undefined;
  /** Undefined until it is known what is paused. */
  readonly pauses: () => PauseControl | undefined;
  /** Undefined until the first connection is made. */
  readonly deadLetters: () => DeadLetters | undefined;
  readonly config: () => Config;
  readonly explain: Explain;
  readonly authenticator: Authenticator;
  readonly identity: Identity;
  readonly report: ReportFault;
}

/** The admin port: metrics, probes, and what operators look into and change. It is not meant for the public. */
export function createAdminApp(deps: AdminAppDeps): RequestListener {
  const { metrics, readiness, broker, pauses, config, report } = deps;
  const may = mayWith(deps.authenticator, deps.identity);
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(helmet());

  app.get("/metrics", async (_request, response) => {
    const { contentType, body } = await metrics();
    response.setHeader("content-type", contentType);
    response.end(body);
  });
  app.get("/livez", (_request, response) => answerJson(response, 200, { status: "alive" }));
  app.get("/readyz", (_request, response) => {
    const state = readiness();
    answerJson(response, state.ready ? 200 : 503, state);
  });
  app.use("/api/v1/paused", pausedRouter({ pauses, config, may }));
  app.use("/api/v1/dead-letters", deadLettersRouter({ ...deps, may }));
  app.use("/api/v1/explain", explainRouter(deps.explain, deps.identity, may));
  app.use("/api/v1/queues", queuesRouter({ broker, config, report, may }));

  app.use(notFound);
  app.use(problemHandler(report));
  return refuseForeign(deps.authenticator, withLastWord(app, report));
}
