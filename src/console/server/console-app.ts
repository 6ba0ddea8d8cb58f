import type { RequestListener } from "node:http";
import type { RequestHandler } from "express";
import express, { Router } from "express";
import helmet from "helmet";
import type { LivenessAnswer } from "../../admin-api/probes.ts";
import type { AdminOperation } from "../../admin-api/operations/operation.ts";
import { API_PATH } from "../../admin-api/operations/operation.ts";
import { OPERATIONS } from "../../admin-api/operations/table.ts";
import { isChangingAction } from "../../domain/access/actions.ts";
import type { Identity } from "../../domain/arn.ts";
import type { KnownConfigurations } from "../../edge/admin/configuration/configurations-router.ts";
import { configurationsRouter } from "../../edge/admin/configuration/configurations-router.ts";
import type { ExplainKept } from "../../edge/admin/events/explain-router.ts";
import { explainKeptRouter } from "../../edge/admin/events/explain-router.ts";
import type { History } from "../../edge/admin/events/history-router.ts";
import { historyRouter } from "../../edge/admin/events/history-router.ts";
import { mayWith } from "../../edge/admin/request.ts";
import { routePath } from "../../edge/admin/serve.ts";
import { serverRouter } from "../../edge/admin/server-router.ts";
import type { ReportFault } from "../../edge/http/answer.ts";
import { answerJson, answerRefusalAsProblem, notFound, problemHandler, withLastWord } from "../../edge/http/answer.ts";
import type { Authenticator } from "../../edge/http/auth/authenticator.ts";
import { HttpProblem } from "../../edge/http/errors.ts";
import { refuseForeign } from "../../edge/http/refuse-unread.ts";
import { indexProblems } from "./index-problems.ts";
import { CONTENT_SECURITY_POLICY, noPage, pageRouter } from "./page.ts";
import { eventBridgeProxy, lambdaProxy, routerProxy } from "./router-proxy.ts";
import { issuerCallback } from "./session/issuer-router.ts";
import { sessionRouter } from "./session/session-router.ts";
import type { SignInOptions } from "./session/sign-in.ts";

export interface ConsoleOptions {
  readonly history: () => History & KnownConfigurations;
  readonly explainKept: ExplainKept;
  readonly identity: Identity;
  /** Knows the same callers as the routers do. */
  readonly authenticator: Authenticator;
  /** Of a router. */
  readonly adminUrl: string;
  readonly publicUrl: string;
  /** The path that it is served below, with a slash at both ends. */
  readonly base: string;
  /** That the page was built into; undefined where it was not. */
  readonly pageFolder: string | undefined;
  /** How people sign in by the page; undefined where nobody is asked who they are. */
  readonly signIn?: SignInOptions | undefined;
  /** Whether requests that change something are refused. */
  readonly readOnly: boolean;
  /** Where a trace is seen, with `{traceId}` in place of its id. */
  readonly traceUrl?: string | undefined;
  readonly version: string;
  readonly report: ReportFault;
}

/**
 * The console: its page, what the journal tells of the past, and the router's own API. It asks for the same credentials as a router,
 * and passes them on: it has no rights of its own but to read the journal.
 */
export function createConsoleApp(options: ConsoleOptions): RequestListener {
  const { authenticator, base, pageFolder, report, signIn } = options;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(helmet({ contentSecurityPolicy: false, strictTransportSecurity: false }));
  app.use((_request, response, next) => {
    response.setHeader("content-security-policy", CONTENT_SECURITY_POLICY);
    next();
  });
  // At this path whatever the base is: probes do not come through a reverse proxy.
  app.get("/livez", (_request, response) => answerJson(response, 200, { status: "alive" } satisfies LivenessAnswer));
  const apiPath = `${base}${API_PATH.slice(1)}`;
  if (signIn !== undefined) {
    app.use(apiPath, sessionRouter(signIn), signIn.sessions.attach);
    app.use(base, issuerCallback(signIn));
  }
  app.use(apiPath, consoleRoutes(options), notFound);
  if (pageFolder === undefined) app.get(`${base}{*path}`, noPage);
  else app.use(base, pageRouter(pageFolder, base));
  if (base !== "/") app.get("/", (_request, response) => response.redirect(base));
  app.use(notFound);
  app.use(indexProblems);
  app.use(problemHandler(report));
  return refuseForeign(authenticator, answerRefusalAsProblem, withLastWord(app, report));
}

/** The operations that a console has, below `API_PATH`: its own, and the router's, which it passes on. */
export function consoleRoutes(options: ConsoleOptions): Router {
  const { history, identity, authenticator, version, readOnly, traceUrl } = options;
  const may = mayWith(authenticator, identity, version);
  const routes = Router();
  routes.use(serverRouter({ server: "console", version, readOnly, traceUrl, identity, may }));
  routes.use(historyRouter({ history, identity, may }));
  routes.use(configurationsRouter({ known: history, may }));
  routes.use(explainKeptRouter({ explainKept: options.explainKept, identity, may }));
  for (const operation of Object.values(OPERATIONS)) {
    if (operation.servedBy === "router") passOn(operation, routerProxy(options.adminUrl, operation));
    if (operation.servedBy === "lambda") passOn(operation, lambdaProxy(options.publicUrl, operation));
    if (operation.servedBy === "eventbridge") {
      const name = operation.guard.action.slice("events:".length);
      passOn(operation, eventBridgeProxy(options.publicUrl, name));
    }
  }
  return routes;

  function passOn(operation: AdminOperation, proxy: RequestHandler): void {
    const isRefused = readOnly && changesSomething(operation);
    const method = operation.method.toLowerCase() as Lowercase<AdminOperation["method"]>;
    routes[method](routePath(operation), ...(isRefused ? [refuseChange] : []), proxy);
  }
}

function changesSomething({ guard }: AdminOperation): boolean {
  return typeof guard !== "string" && isChangingAction(guard.action);
}

const refuseChange: RequestHandler = () => {
  throw new HttpProblem(403, "this console only reads: it was started so");
};
