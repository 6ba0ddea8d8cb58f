import type { Identity } from "../../../domain/arn.ts";
import type { Authorized } from "../authorized.ts";
import type { Door } from "../door.ts";
import type { DoorRequest } from "../door-request.ts";

/** What an event is made of. */
export interface DoorEventParts {
  readonly door: Door;
  readonly request: DoorRequest;
  readonly body: Buffer;
  readonly authorized: Authorized;
  readonly identity: Identity;
}

/** The stage that routes are in: there are no others. */
export const STAGE = "$default";
