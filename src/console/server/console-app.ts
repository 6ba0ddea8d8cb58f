import type { RequestListener } from "node:http";
import type { RequestHandler } from "express";
import express, { Router } from "express";
import helmet from "helmet";
import type { LivenessAnswer } from "../../admin-api/probes.ts";
import type { Identity } from "../../domain/arn.ts";
import type { History } from "../../edge/admin/history-router.ts";
import { historyRouter } from "../../edge/admin/history-router.ts";
import { mayWith } from "../../edge/admin/request.ts";
import type { ReportFault } from "../../edge/http/answer.ts";
import { answerJson, answerRefusalAsProblem, notFound, problemHandler, withLastWord } from "../../edge/http/answer.ts";
import type { Authenticator } from "../../edge/http/auth/authenticator.ts";
import { HttpProblem } from "../../edge/http/errors.ts";
import { refuseForeign } from "../../edge/http/refuse-unread.ts";
import { indexProblems } from "./index-problems.ts";
import { CONTENT_SECURITY_POLICY, noPage, pageRouter } from "./page.ts";
import { putProxy, routerProxy } from "./router-proxy.ts";

export interface ConsoleOptions {
  readonly history: () => History;
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
  /** Whether requests that change something are refused. */
  readonly readOnly: boolean;
  readonly version: string;
  readonly report: ReportFault;
}

/** What the page asks the router itself. */
const ROUTERS_OWN = ["queues", "dead-letters", "paused", "explain", "rules", "destinations", "tail"];

/**
 * The console: its page, what the journal tells of the past, and the router's own API. It asks for the same credentials as a router,
 * and passes them on: it has no rights of its own but to read the journal.
 */
export function createConsoleApp(options: ConsoleOptions): RequestListener {
  const { history, identity, authenticator, base, pageFolder, report, version, readOnly } = options;
  const may = mayWith(authenticator, identity, version);
  const api = Router();
  api.get("/me", async (request, response) => {
    const caller = await authenticator.authenticateToken(request, "busbar:Me");
    answerJson(response, 200, { principal: caller.id, needsToken: caller.id !== undefined, version, readOnly });
  });
  api.use(historyRouter({ history, identity, may }));
  if (readOnly) api.use(refuseChanges);
  api.post("/send", putProxy(options.publicUrl));
  for (const resource of ROUTERS_OWN) api.use(`/${resource}`, routerProxy(options.adminUrl, resource));

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
  app.use(`${base}api/v1`, api, notFound);
  if (pageFolder === undefined) app.get(`${base}{*path}`, noPage);
  else app.use(base, pageRouter(pageFolder, base));
  if (base !== "/") app.get("/", (_request, response) => response.redirect(base));
  app.use(notFound);
  app.use(indexProblems);
  app.use(problemHandler(report));
  return refuseForeign(authenticator, answerRefusalAsProblem, withLastWord(app, report));
}

/** Explaining an event, a live tail and peeking at a queue change nothing, though each is a POST. */
const refuseChanges: RequestHandler = ({ method, path }, _response, next) => {
  const isReadingPost = path === "/explain" || path === "/tail" || /^\/queues\/[^/]+\/peek$/.test(path);
  if (method !== "GET" && !(method === "POST" && isReadingPost))
    throw new HttpProblem(403, "this console only reads: it was started so");
  next();
};
