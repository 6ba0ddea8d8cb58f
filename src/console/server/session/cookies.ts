import type { Request, Response } from "express";
import type { Site } from "./site.ts";

/** Browsers throw a cookie away whose name and value are longer together. */
const COOKIE_CHARACTERS_MAX = 4_096;

/** A cookie that scripts cannot read, and that goes to the console's own paths only. */
export interface Cookie {
  readonly name: string;
  readonly path: string;
  readonly isSecure: boolean;
  /** `lax` comes along when another site leads here, as an issuer does; `strict` never does. */
  readonly sameSite: "strict" | "lax";
}

/** What keeps somebody signed in. */
export function sessionCookie(site: Site, base: string): Cookie {
  return cookieOf("busbar-session", "strict", site, base);
}

/** What a sign-in at an issuer has begun with, until the issuer sends the browser back. */
export function signInCookie(site: Site, base: string): Cookie {
  return cookieOf("busbar-sign-in", "lax", site, base);
}

/** A browser takes the prefixes over HTTPS only, and `__Host-` from this very host only, for all of its paths (RFC 6265bis). */
function cookieOf(name: string, sameSite: Cookie["sameSite"], { isSecure }: Site, base: string): Cookie {
  const prefix = isSecure ? (base === "/" ? "__Host-" : "__Secure-") : "";
  return { name: prefix + name, path: base, isSecure, sameSite };
}

/** Whether a browser would keep it. */
export function fitsCookie({ name }: Cookie, value: string): boolean {
  return name.length + value.length <= COOKIE_CHARACTERS_MAX;
}

/** Has the browser keep a value. @param endsAtMs in epoch milliseconds. */
export function setCookie(response: Response, cookie: Cookie, value: string, endsAtMs: number): void {
  response.cookie(cookie.name, value, { ...optionsOf(cookie), expires: new Date(endsAtMs) });
}

export function clearCookie(response: Response, cookie: Cookie): void {
  response.clearCookie(cookie.name, optionsOf(cookie));
}

/**
 * A cookie's value; undefined where there is none. Two of one name count as none: the other comes from a neighbouring host, which
 * may set cookies for both.
 */
export function cookieValue({ headers }: Pick<Request, "headers">, { name }: Cookie): string | undefined {
  const values = (headers.cookie ?? "").split(";").flatMap((pair) => {
    const [found = "", ...value] = pair.trim().split("=");
    return found === name ? [value.join("=")] : [];
  });
  return values.length === 1 ? values[0] : undefined;
}

function optionsOf({ path, isSecure, sameSite }: Cookie) {
  return { path, secure: isSecure, sameSite, httpOnly: true } as const;
}
