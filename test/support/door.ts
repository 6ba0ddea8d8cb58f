import { tokenDigest } from "../../src/config/access/load-access.ts";
import type { Principal } from "../../src/domain/access/access.ts";
import type { AccessFacts, IssuerKeysFacts } from "../../src/ports/access-observer.ts";
import type { Credentials } from "../../src/domain/access/credentials.ts";
import { Door } from "../../src/edge/http/auth/door.ts";

interface Options {
  readonly requestsPerSecond?: number;
  readonly allowedHosts?: readonly string[];
  readonly steadyMs?: () => number;
}

/** The bearer token of somebody. */
export const TOKEN = "the-token-of-somebody";

/** Credentials by which somebody may do what the statements say, with `TOKEN`. */
export function credentialsOf(...statements: Principal["statements"]): Credentials {
  const principal = { id: "bearer-token/somebody", statements };
  return { accessKeys: new Map(), bearerTokens: new Map([[tokenDigest(TOKEN), principal]]), issuers: new Map() };
}

/** A door that asks for these credentials, or for none; `told` and `issuerKeys` have what it tells. */
export function doorOf(credentials?: Credentials, options: Options = {}) {
  const { requestsPerSecond = 1_000_000, allowedHosts = [], steadyMs = () => performance.now() } = options;
  const told: AccessFacts[] = [];
  const issuerKeys: IssuerKeysFacts[] = [];
  const door = new Door({
    credentials: () => credentials,
    allowedHosts,
    observer: { access: (facts) => told.push(facts), issuerKeys: (facts) => issuerKeys.push(facts) },
    rate: { max: requestsPerSecond, exceeded: () => undefined },
    clock: { wallMs: Date.now, steadyMs },
  });
  return { door, told, issuerKeys };
}

/** Where nobody is asked. */
export function openDoor(): Door {
  return doorOf().door;
}
