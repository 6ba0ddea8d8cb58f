import type { Request, Response } from "express";
import type { z } from "zod";
import type { Authenticator } from "../../../edge/http/auth/authenticator.ts";
import { addressOf } from "../../../edge/http/auth/caller.ts";
import { readBody, utf8Text } from "../../../edge/http/body.ts";
import { HttpProblem } from "../../../edge/http/errors.ts";
import type { AccessObserver } from "../../../ports/access-observer.ts";
import type { CookieKeys } from "./cookie-keys.ts";
import type { IssuedTokens, SignInIssuer } from "./issuer.ts";
import type { Session, Sessions } from "./sessions.ts";
import { useToken } from "./sessions.ts";
import type { Site } from "./site.ts";

/** For the audit: nobody needs to be allowed it. */
export const SIGN_IN_ACTION = "busbar:SignIn";

const BODY_LIMIT = { max: 32_768, exceeded: () => undefined };

export interface SignInOptions {
  readonly sessions: Sessions;
  readonly keys: CookieKeys;
  readonly authenticator: Authenticator;
  readonly observer: Pick<AccessObserver, "access">;
  /** Undefined where people sign in by a token alone. */
  readonly issuer: SignInIssuer | undefined;
  readonly origin: string | undefined;
  /** The path that the console is served below. */
  readonly base: string;
  readonly nowMs: () => number;
  /** Called with why a sign-in or a renewal with the issuer failed. It holds no token. */
  readonly onIssuerFailure: (why: string) => void;
}

/**
 * Signs in whoever the token is for, if routers would let it in.
 *
 * @throws Refusal where they would not; HttpProblem 400 where it is too long for a cookie.
 */
export async function signIn(
  { sessions, authenticator, observer }: SignInOptions,
  request: Request,
  response: Response,
  site: Site,
  tokens: IssuedTokens & Pick<Session, "isIssued">,
): Promise<void> {
  useToken(request, tokens.token);
  const { id } = await authenticator.authenticateToken(request, SIGN_IN_ACTION);
  if (!(await sessions.begin(response, site, tokens)))
    throw new HttpProblem(
      400,
      "the token is too long: a browser keeps 4 KiB, encrypted, of which it may be about 2.9 KB",
    );
  observer.access({
    ...(id === undefined ? {} : { principal: id }),
    action: SIGN_IN_ACTION,
    from: addressOf(request),
    outcome: "allowed",
  });
}

/** @throws HttpProblem 400 for anything but such JSON, which is not quoted: it may hold a token. */
export async function bodyOf<Body extends object>(
  request: Request,
  response: Response,
  schema: z.ZodType<Body>,
): Promise<Body> {
  const budget = { tryTake: () => true, release: () => undefined };
  const read = await readBody(request, response, { limit: BODY_LIMIT, budget });
  if (!read.ok && read.reason === "too-large")
    throw new HttpProblem(413, `the body has ${BODY_LIMIT.max} bytes at most`);
  const parsed = schema.safeParse(read.ok ? jsonOf(utf8Text(read.body) ?? "") : undefined);
  if (!parsed.success) throw new HttpProblem(400, "the body must be JSON, an object with the fields of the request");
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
