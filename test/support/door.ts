import type { AccessFacts } from "../../src/core/access-observer.ts";
import type { Credentials } from "../../src/core/credentials.ts";
import { Door } from "../../src/edge/http/auth/door.ts";

/** A door that asks for these credentials, or for none; `told` has what it tells. */
export function doorOf(credentials?: Credentials, requestsPerSecond = 1_000_000): { door: Door; told: AccessFacts[] } {
  const told: AccessFacts[] = [];
  const door = new Door({
    credentials: () => credentials,
    observer: { access: (facts) => told.push(facts) },
    rate: { max: requestsPerSecond, exceeded: () => undefined },
    clock: { wallMs: Date.now, steadyMs: () => performance.now() },
  });
  return { door, told };
}

/** Where nobody is asked. */
export function openDoor(): Door {
  return doorOf().door;
}
