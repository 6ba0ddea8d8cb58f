import type { AccessFacts, IssuerKeysFacts } from "../../src/core/access-observer.ts";
import type { Credentials } from "../../src/core/credentials.ts";
import { Door } from "../../src/edge/http/auth/door.ts";

interface Options {
  readonly requestsPerSecond?: number;
  readonly allowedHosts?: readonly string[];
  readonly steadyMs?: () => number;
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
