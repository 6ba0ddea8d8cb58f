import type { Request, RequestHandler, Response } from "express";
import { decodeJwt } from "jose";
import { z } from "zod";
import { HttpProblem } from "../../../edge/http/errors.ts";
import type { CookieKeys } from "./cookie-keys.ts";
import { clearCookie, cookieValue, fitsCookie, sessionCookie, setCookie } from "./cookies.ts";
import type { IssuedTokens } from "./issuer.ts";
import type { Site } from "./site.ts";
import { NEEDS_HTTPS, refuseForgery, siteOf } from "./site.ts";

export interface SessionOptions {
  readonly keys: CookieKeys;
  /** Where browsers find the console, if that is set. */
  readonly origin: string | undefined;
  /** How long a session lasts at most. */
  readonly lengthMsMax: number;
  /** The time of day, in epoch milliseconds. */
  readonly nowMs: () => number;
}

const sessionClaims = z.object({
  token: z.string(),
  refresh: z.string().optional(),
  /** Whether an issuer gave the token. */
  issued: z.boolean(),
  /** In seconds since the epoch. */
  exp: z.number(),
});

/** What a session's cookie holds. */
export interface Session extends IssuedTokens {
  readonly isIssued: boolean;
  /** In epoch milliseconds. */
  readonly endsAtMs: number;
}

/** Sessions that browsers keep for us, in one encrypted cookie each: any console with the key knows them. */
export class Sessions {
  readonly #options: SessionOptions;
  readonly #base: string;

  constructor(options: SessionOptions, base: string) {
    this.#options = options;
    this.#base = base;
  }

  /** Has a request speak for whoever is signed in. One that brings credentials of its own, as scripts do, is left as it is. */
  readonly attach: RequestHandler = async (request, _response, next) => {
    const site = siteOf(request, this.#options.origin);
    if (request.headers.authorization === undefined && site !== undefined) {
      const session = await this.of(request, site);
      if (session !== undefined) useToken(request, session.token);
    }
    next();
  };

  /** The site of a page that signs in or out. @throws HttpProblem 403 where that is not safe, or another site's page asks. */
  siteOfPage(request: Request): Site {
    const site = siteOf(request, this.#options.origin);
    if (site === undefined) throw new HttpProblem(403, NEEDS_HTTPS);
    refuseForgery(request, site);
    return site;
  }

  /** The session that a request's cookie holds. @throws HttpProblem 403 where another site's page sent the request. */
  async of(request: Request, site: Site): Promise<Session | undefined> {
    const sealed = cookieValue(request, sessionCookie(site, this.#base));
    if (sealed === undefined) return undefined;
    refuseForgery(request, site);
    const read = sessionClaims.safeParse(await this.#options.keys.open("session", sealed));
    if (!read.success) return undefined;
    const { token, refresh, issued, exp } = read.data;
    return { token, refresh, isIssued: issued, endsAtMs: exp * 1_000 };
  }

  /**
   * Begins a session, or goes on with one.
   *
   * @param endsAtMs of the session that is gone on with.
   * @returns whether the browser can keep it. Too long to be kept with its refresh token, it is kept without.
   */
  async begin(
    response: Response,
    site: Site,
    tokens: IssuedTokens & Pick<Session, "isIssued">,
    endsAtMs = this.#options.nowMs() + this.#options.lengthMsMax,
  ): Promise<boolean> {
    const { token, refresh, isIssued } = tokens;
    const cookie = sessionCookie(site, this.#base);
    const endMs = refresh === undefined ? Math.min(endsAtMs, tokenEndMs(token)) : endsAtMs;
    const claims = { token, issued: isIssued, ...(refresh === undefined ? {} : { refresh }) };
    const sealed = await this.#options.keys.seal("session", claims, endMs);
    if (fitsCookie(cookie, sealed)) {
      setCookie(response, cookie, sealed, endMs);
      return true;
    }
    return refresh !== undefined && this.begin(response, site, { token, refresh: undefined, isIssued }, endsAtMs);
  }

  end(response: Response, site: Site): void {
    clearCookie(response, sessionCookie(site, this.#base));
  }
}

/** From here on the request is as one that brings the token. */
export function useToken(request: Request, token: string): void {
  request.headers.authorization = `Bearer ${token}`;
}

/** When a token ends, in epoch milliseconds, as far as it says so. What it says is verified with each request. */
export function tokenEndMs(token: string): number {
  try {
    const { exp = Infinity } = decodeJwt(token);
    return exp * 1_000;
  } catch {
    return Infinity;
  }
}
