import type { Request } from "express";
import { HttpProblem } from "../../../edge/http/errors.ts";
import { isLoopback } from "../../../text/loopback.ts";

/** Where a browser finds the console. */
export interface Site {
  /** Such as `https://ops.example.com`. */
  readonly origin: string;
  /** Whether the browser's connection is HTTPS. */
  readonly isSecure: boolean;
}

/** Why nobody can sign in by a page that came over plain HTTP from elsewhere. */
export const NEEDS_HTTPS =
  "Signing in needs HTTPS: give the console a certificate (BUSBAR_TLS_CERT_FILE, BUSBAR_TLS_KEY_FILE), or " +
  "say by BUSBAR_CONSOLE_ORIGIN where a proxy serves it over HTTPS.";

/**
 * Where the browser found the console; undefined where a cookie would travel in plain text. Headers as X-Forwarded-Proto, which any
 * client can send, count for nothing: behind a proxy the setting says it. A browser sets `Host`, and no page can change it; what
 * it names is good for no more than to compare it with `Origin`, which no page can change either.
 *
 * @param origin the setting, if there is one.
 */
export function siteOf(request: Request, origin: string | undefined): Site | undefined {
  if (origin !== undefined) return { origin, isSecure: origin.startsWith("https:") };
  const own = `${request.secure ? "https" : "http"}://${request.headers.host ?? ""}`;
  if (!URL.canParse(own)) return undefined;
  const { hostname, origin: named } = new URL(own);
  return request.secure || isLoopback(hostname) ? { origin: named, isSecure: request.secure } : undefined;
}

/**
 * Refuses what another site's page had the browser send. `SameSite=Strict` keeps the cookie from those already; this holds where
 * that does not: for pages of other ports and neighbouring hosts, which are the same site.
 *
 * @throws HttpProblem 403
 */
export function refuseForgery(request: Request, site: Site): void {
  const { origin, "sec-fetch-site": fetchSite } = request.headers;
  const isChange = request.method !== "GET" && request.method !== "HEAD";
  const isOwn = fetchSite === undefined || fetchSite === "same-origin" || (fetchSite === "none" && !isChange);
  if (!isOwn || (origin !== undefined && origin !== site.origin) || (isChange && origin === undefined))
    throw new HttpProblem(403, `the request comes from no page of the console's, which is at ${site.origin}`);
  if (isChange && !isJson(request.headers["content-type"]))
    throw new HttpProblem(415, "with a session's cookie the content type has to be application/json");
}

/** A form of another site's can have no such type. */
function isJson(contentType = ""): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType);
}
