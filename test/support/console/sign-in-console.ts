import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { createConsoleApp } from "../../../src/console/server/console-app.ts";
import { createCookieKeys } from "../../../src/console/server/session/cookie-keys.ts";
import { SignInIssuer, type IssuerOptions } from "../../../src/console/server/session/issuer.ts";
import { Sessions } from "../../../src/console/server/session/sessions.ts";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import type { AccessFacts } from "../../../src/ports/access-observer.ts";
import { VERSION } from "../http/admin-app.ts";
import { authenticatorOf } from "../http/authenticator.ts";
import { CLIENT_ID } from "./oidc-issuer.ts";
import { IDENTITY } from "../sample.ts";

export const COOKIE_KEY = Buffer.alloc(32, 1);

interface Options {
  readonly credentials: Credentials;
  readonly keys?: readonly Uint8Array[];
  readonly origin?: string;
  readonly base?: string;
  readonly issuer?: Partial<IssuerOptions> & { readonly issuer: string };
  readonly routerUrl?: string;
  readonly nowMs?: () => number;
  readonly readOnly?: boolean;
}

export interface SignInConsole {
  readonly app: RequestListener;
  readonly audit: readonly AccessFacts[];
  /** Why sign-ins with the issuer failed. */
  readonly failures: readonly string[];
}

/** A console that people sign in to, with no history. */
export function signInConsole(options: Options): SignInConsole {
  const { credentials, keys: keyList = [COOKIE_KEY], origin, base = "/", nowMs = Date.now, readOnly = false } = options;
  const { authenticator, audit } = authenticatorOf(credentials);
  const keys = createCookieKeys(keyList, nowMs);
  const failures: string[] = [];
  const issuer = options.issuer && new SignInIssuer({ ...ISSUER, ...options.issuer }, nowMs);
  const sessions = new Sessions({ keys, origin, lengthMsMax: 12 * 3_600_000, nowMs }, base);
  const routerUrl = options.routerUrl ?? "http://127.0.0.1:9";
  const app = createConsoleApp({
    history: () => assert.fail("no history is asked for"),
    explainKept: () => assert.fail("no explanation is asked for"),
    identity: IDENTITY,
    authenticator,
    adminUrl: routerUrl,
    publicUrl: routerUrl,
    base,
    pageFolder: undefined,
    signIn: {
      sessions,
      keys,
      authenticator,
      observer: { access: (facts) => audit.push(facts) },
      issuer,
      origin,
      base,
      nowMs,
      onIssuerFailure: (why) => failures.push(why),
    },
    readOnly,
    version: VERSION,
    report: (error) => assert.fail(String(error)),
  });
  return { app, audit, failures };
}

const ISSUER = {
  name: "Test people",
  clientId: CLIENT_ID,
  clientSecretFile: undefined,
  scopes: "openid",
  token: "id",
} as const;
