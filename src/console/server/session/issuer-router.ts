import type { Request, Response, Router as ExpressRouter } from "express";
import { Router } from "express";
import { z } from "zod";
import type { SignInBegun, SignInFailure } from "../../../admin-api/session.ts";
import { answerJson } from "../../../edge/http/answer.ts";
import { Refusal, TooManyRequests } from "../../../edge/http/auth/refusal.ts";
import { HttpProblem } from "../../../edge/http/errors.ts";
import { clearCookie, cookieValue, fitsCookie, setCookie, signInCookie } from "./cookies.ts";
import { IssuerError, type SignInIssuer, whyOf } from "./issuer.ts";
import type { SignInOptions } from "./sign-in.ts";
import { bodyOf, signIn } from "./sign-in.ts";
import type { Site } from "./site.ts";
import { NEEDS_HTTPS, siteOf } from "./site.ts";

/** Somebody may have to find a second factor first. */
const SIGN_IN_MS_MAX = 15 * 60_000;

/** The path below the base that the issuer sends browsers back to. */
const CALLBACK = "sign-in/callback";

const begunClaims = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), returnTo: z.string() });
const beginBody = z.strictObject({ returnTo: z.string().max(2_048) });

/** `/session/issuer`, below the API: where a sign-in with the issuer begins. */
export function issuerRouter(options: SignInOptions, issuer: SignInIssuer): ExpressRouter {
  const { sessions, keys, base, nowMs, onIssuerFailure } = options;
  const router = Router();
  router.post("/session/issuer", async (request, response) => {
    const site = sessions.siteOfPage(request);
    const { returnTo } = await bodyOf(request, response, beginBody);
    const redirectUri = `${site.origin}${base}${CALLBACK}`;
    const { url, begun } = await issuer.begin(redirectUri).catch((cause: unknown) => {
      onIssuerFailure(whyOf(cause));
      throw new HttpProblem(503, `${issuer.name} does not answer the console`, { retryAfterSeconds: 1, cause });
    });
    const endsAtMs = nowMs() + SIGN_IN_MS_MAX;
    const cookie = signInCookie(site, base);
    const seal = (to: string) => keys.seal("sign-in", { ...begun, returnTo: to }, endsAtMs);
    const sealed = await seal(ownPath(returnTo, site, base));
    setCookie(response, cookie, fitsCookie(cookie, sealed) ? sealed : await seal(base), endsAtMs);
    answerJson(response, 200, { url } satisfies SignInBegun);
  });
  return router;
}

/** The path that the issuer sends browsers back to. Whatever comes of it, the browser goes on to the page. */
export function issuerCallback(options: SignInOptions): ExpressRouter {
  const { origin, base, issuer } = options;
  const router = Router();
  if (issuer === undefined) return router;
  router.get(`/${CALLBACK}`, async (request, response) => {
    const site = siteOf(request, origin);
    if (site === undefined) throw new HttpProblem(403, NEEDS_HTTPS);
    const cookie = signInCookie(site, base);
    const sealed = cookieValue(request, cookie);
    const begun = begunClaims.safeParse(sealed === undefined ? undefined : await options.keys.open("sign-in", sealed));
    // Each can be used once.
    clearCookie(response, cookie);
    response.setHeader("cache-control", "no-store");
    const failure = begun.success
      ? await complete(options, issuer, { request, response, site, begun: begun.data })
      : "stale";
    // With the origin: a path may begin with two slashes, which alone would lead to another host.
    const to = site.origin + (begun.success ? begun.data.returnTo : base);
    response.redirect(303, failure === undefined ? to : `${to}#sign-in=${failure}`);
  });
  return router;
}

interface Completion {
  readonly request: Request;
  readonly response: Response;
  readonly site: Site;
  readonly begun: z.output<typeof begunClaims>;
}

async function complete(
  options: SignInOptions,
  issuer: SignInIssuer,
  { request, response, site, begun }: Completion,
): Promise<SignInFailure | undefined> {
  // Not from the request's own host or path, which a proxy may have changed.
  const answer = new URL(`${site.origin}${options.base}${CALLBACK}`);
  answer.search = new URL(request.url, site.origin).search;
  // Otherwise somebody could be signed in by a link to another's sign-in.
  if (answer.searchParams.get("state") !== begun.state) return "stale";
  try {
    const tokens = await issuer.complete(answer, begun);
    await signIn(options, request, response, site, { ...tokens, isIssued: true });
    return undefined;
  } catch (error) {
    const failure = failureOf(error);
    if (failure === undefined) throw error;
    options.onIssuerFailure(whyOf(error));
    return failure;
  }
}

function failureOf(error: unknown): SignInFailure | undefined {
  if (error instanceof IssuerError) return error.reason;
  if (error instanceof HttpProblem) return "too-long";
  if (error instanceof Refusal && error.reason === "issuer_unavailable") return "unavailable";
  return error instanceof Refusal || error instanceof TooManyRequests ? "not-accepted" : undefined;
}

/** A path of the console, with its query, whatever the page asks for: nobody is led elsewhere. */
function ownPath(path: string, { origin }: Site, base: string): string {
  if (!URL.canParse(path, origin)) return base;
  const { origin: to, pathname, search } = new URL(path, origin);
  return to === origin && pathname.startsWith(base) ? pathname + search : base;
}
