import { tokenDigest } from "../../../src/config/access/load-access.ts";
import type { Principal } from "../../../src/domain/access/access.ts";
import type { AccessFacts, IssuerKeysFacts } from "../../../src/ports/access-observer.ts";
import type { Credentials } from "../../../src/domain/access/credentials.ts";
import { Authenticator } from "../../../src/edge/http/auth/authenticator.ts";

interface Options {
  readonly requestsPerSecond?: number;
  readonly allowedHosts?: readonly string[];
  readonly steadyMs?: () => number;
}

/** The bearer token that `credentialsOf` knows. */
export const TOKEN = "the-token-of-somebody";

/** Credentials that allow the bearer of `TOKEN` what the statements say. */
export function credentialsOf(...statements: Principal["statements"]): Credentials {
  const principal = { id: "bearer-token/somebody", statements };
  return { accessKeys: new Map(), bearerTokens: new Map([[tokenDigest(TOKEN), principal]]), issuers: new Map() };
}

/** An authenticator with these credentials, or with none. `audit` and `issuerKeys` collect what it reports. */
export function authenticatorOf(credentials?: Credentials, options: Options = {}) {
  const { requestsPerSecond = 1_000_000, allowedHosts = [], steadyMs = () => performance.now() } = options;
  const audit: AccessFacts[] = [];
  const issuerKeys: IssuerKeysFacts[] = [];
  const authenticator = new Authenticator({
    credentials: () => credentials,
    allowedHosts,
    observer: { access: (facts) => audit.push(facts), issuerKeys: (facts) => issuerKeys.push(facts) },
    rate: { max: requestsPerSecond, exceeded: () => undefined },
    clock: { wallMs: Date.now, steadyMs },
  });
  return { authenticator, audit, issuerKeys };
}

/** An authenticator without credentials: everybody may do everything. */
export function allowEverybody(): Authenticator {
  return authenticatorOf().authenticator;
}
