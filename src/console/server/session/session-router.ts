import type { Request, Response, Router as ExpressRouter } from "express";
import { Router } from "express";
import { z } from "zod";
import type { SignedOut, SignInWays } from "../../../admin-api/session.ts";
import { answerJson } from "../../../edge/http/answer.ts";
import { HttpProblem } from "../../../edge/http/errors.ts";
import { issuerRouter } from "./issuer-router.ts";
import { IssuerError, whyOf } from "./issuer.ts";
import type { Session } from "./sessions.ts";
import { tokenEndMs, useToken } from "./sessions.ts";
import type { SignInOptions } from "./sign-in.ts";
import { bodyOf, signIn, SIGN_IN_ACTION } from "./sign-in.ts";
import type { Site } from "./site.ts";
import { NEEDS_HTTPS, siteOf } from "./site.ts";

/** A token that ends sooner is exchanged for a new one. */
const RENEWED_BEFORE_MS = 60_000;

const tokenBody = z.strictObject({ token: z.string().trim().min(1) });

/** `/session`: how people sign in and out. */
export function sessionRouter(options: SignInOptions): ExpressRouter {
  const { sessions, issuer, origin } = options;
  const router = Router();
  router.use("/session", (_request, response, next) => {
    response.setHeader("cache-control", "no-store");
    next();
  });
  router.get("/session", (request, response) => {
    const isSafe = siteOf(request, origin) !== undefined;
    const ways: SignInWays = {
      ...(issuer === undefined ? {} : { issuer: issuer.name }),
      ...(isSafe ? {} : { problem: NEEDS_HTTPS }),
    };
    answerJson(response, 200, ways);
  });
  router.post("/session", async (request, response) => {
    const site = sessions.siteOfPage(request);
    const { token } = await bodyOf(request, response, tokenBody);
    await signIn(options, request, response, site, { token, refresh: undefined, isIssued: false });
    answerJson(response, 200, {});
  });
  router.post("/session/renewal", async (request, response) => {
    const site = sessions.siteOfPage(request);
    const session = await sessions.of(request, site);
    if (session === undefined || !(await renew(options, request, response, site, session))) {
      sessions.end(response, site);
      throw new HttpProblem(401, "the session has ended");
    }
    answerJson(response, 200, {});
  });
  router.delete("/session", async (request, response) => {
    const site = sessions.siteOfPage(request);
    const session = await sessions.of(request, site);
    sessions.end(response, site);
    const signOutUrl = session?.isIssued === true ? await endAtIssuer(options, site, session) : undefined;
    answerJson(response, 200, (signOutUrl === undefined ? {} : { signOutUrl }) satisfies SignedOut);
  });
  if (issuer !== undefined) router.use(issuerRouter(options, issuer));
  return router;
}

/** @returns whether the session goes on. */
async function renew(
  { sessions, authenticator, issuer, nowMs, onIssuerFailure }: SignInOptions,
  request: Request,
  response: Response,
  site: Site,
  { token, refresh, endsAtMs }: Session,
): Promise<boolean> {
  // Another tab, or another request of this one, was first.
  if (tokenEndMs(token) - nowMs() > RENEWED_BEFORE_MS) return true;
  if (refresh === undefined || issuer === undefined) return false;
  try {
    const tokens = await issuer.renew(refresh);
    if (tokens === undefined) return false;
    useToken(request, tokens.token);
    await authenticator.authenticateToken(request, SIGN_IN_ACTION);
    return await sessions.begin(response, site, { ...tokens, isIssued: true }, endsAtMs);
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error;
    onIssuerFailure(whyOf(error));
    if (error.reason === "refused") return false;
    throw new HttpProblem(503, "the issuer that signed you in does not answer", { retryAfterSeconds: 1, cause: error });
  }
}

/** Ends what an issuer gave; the console's session has ended in any case. */
async function endAtIssuer(
  { issuer, base, onIssuerFailure }: SignInOptions,
  site: Site,
  { refresh }: Session,
): Promise<string | undefined> {
  return issuer?.end(refresh, site.origin + base).catch((error: unknown) => {
    onIssuerFailure(whyOf(error));
    return undefined;
  });
}
